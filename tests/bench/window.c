/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * window.c - wraps two calls of a helper to measure the window that no client can close: from the
 * last bytes of the provider's answer to the end of the fdatasync that makes them durable.
 *
 * The window is counted from the end of the last wait for the network, so it is a little too long
 * rather than too short. Writes to descriptor WINDOW_FD, in microseconds: the window, the fdatasync
 * in it, and a bare write and fdatasync of the same bytes after it.
 */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

CURLMcode __real_curl_multi_poll(CURLM *multi, struct curl_waitfd extra[], unsigned int count,
                                 int timeout, int *ret);
CURLMcode __wrap_curl_multi_poll(CURLM *multi, struct curl_waitfd extra[], unsigned int count,
                                 int timeout, int *ret);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

static double answered; /* when the last wait ended; 0 before any request */

static double now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

CURLMcode __wrap_curl_multi_poll(CURLM *multi, struct curl_waitfd extra[], unsigned int count,
                                 int timeout, int *ret) {
    CURLMcode code = __real_curl_multi_poll(multi, extra, count, timeout, ret);
    answered = now_us();
    return code;
}

static double time_bare(int fd) {
    static char bytes[4096];
    ssize_t size = pread(fd, bytes, sizeof bytes, 0);
    double started = now_us();
    if (size <= 0 || pwrite(fd, bytes, (size_t)size, 0) != size || __real_fdatasync(fd) < 0)
        return 0;
    return now_us() - started;
}

int __wrap_fdatasync(int fd) {
    const char *report = getenv("WINDOW_FD");
    double started = now_us();
    int r = __real_fdatasync(fd);
    double ended = now_us();
    if (answered > 0 && report) {
        dprintf(atoi(report), "%.1f %.1f %.1f\n", ended - answered, ended - started, time_bare(fd));
        answered = 0;
    }
    return r;
}
