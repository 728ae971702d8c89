/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.c - takes a file lock, waiting until a deadline.
 */
#include "lock.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/time.h>

#include "clock.h"

enum { LOCK_WAKE_US = 50000 };

static void wake(int signal) {
    (void)signal;
}

/* Interrupts flock(2) by the signal of a timer. The timer repeats: a signal that arrives just
 * before flock starts to wait does not interrupt it. */
int lock_wait(int fd, int64_t until_ms) {
    struct sigaction old, act = {.sa_handler = wake};
    struct itimerval off = {0};
    int r = 0;
    int64_t left = until_ms - clock_boot_ms();

    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno != EWOULDBLOCK)
        return -errno;
    if (left <= 0)
        return -ETIMEDOUT;

    struct itimerval timer = {
        .it_value = {.tv_sec = left / 1000, .tv_usec = left % 1000 * 1000},
        .it_interval = {.tv_usec = LOCK_WAKE_US},
    };
    sigaction(SIGALRM, &act, &old);
    setitimer(ITIMER_REAL, &timer, NULL);
    while (r == 0 && flock(fd, LOCK_EX) < 0) {
        if (errno != EINTR)
            r = -errno;
        else if (clock_boot_ms() >= until_ms)
            r = -ETIMEDOUT;
    }

    setitimer(ITIMER_REAL, &off, NULL);
    sigaction(SIGALRM, &old, NULL);
    return r;
}
