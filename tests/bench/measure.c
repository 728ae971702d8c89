/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * measure.c - runs a command as a user and prints its wall time, CPU time and peak memory:
 *
 *     measure UID GID FILE COMMAND [ARG...]    FILE becomes its standard input
 *     measure UID GID @USER COMMAND [ARG...]   a helper that is asked to verify USER by a socket
 *     measure UID GID @USER SOCKET             the resident helper, same request: wall time only
 *
 * A program of its own, because a child's peak memory starts with that of the process that forked
 * it. Prints milliseconds, milliseconds, KiB. Exit status 1 when the command or the helper refused.
 */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "protocol.h"

static double now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double milliseconds(struct timeval time) {
    return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static void ask(int fd, const char *user) {
    uint8_t frame[1024];
    struct protocol_writer writer = {.at = frame, .end = frame + sizeof frame};
    protocol_put_u32(&writer, 0);
    protocol_put_u8(&writer, PROTOCOL_VERSION);
    protocol_put_u8(&writer, PROTOCOL_REQUEST);
    protocol_put_u8(&writer, OPERATION_VERIFY);
    protocol_put_string(&writer, user);
    protocol_put_string(&writer, "bench");
    for (int i = 0; i < 3; i++)
        protocol_put_u32(&writer, PROTOCOL_UNSET);
    protocol_put_string(&writer, "");
    size_t size = (size_t)(writer.at - frame);
    writer.at = frame;
    protocol_put_u32(&writer, (uint32_t)size - PROTOCOL_HEADER_SIZE);
    if (write(fd, frame, size) != (ssize_t)size)
        exit(2);
}

/* Skips frames up to the REPLY and returns its verdict. */
static int read_verdict(int fd) {
    uint8_t frame[PROTOCOL_HEADER_SIZE + PROTOCOL_FRAME_MAX];
    for (;;) {
        if (recv(fd, frame, PROTOCOL_HEADER_SIZE, MSG_WAITALL) != PROTOCOL_HEADER_SIZE)
            return VERDICT_NONE;
        struct protocol_reader reader = {.at = frame, .end = frame + PROTOCOL_HEADER_SIZE};
        size_t size = protocol_get_u32(&reader);
        if (size < 3 || size > PROTOCOL_FRAME_MAX ||
            recv(fd, frame, size, MSG_WAITALL) != (ssize_t)size)
            return VERDICT_NONE;
        if (frame[1] == PROTOCOL_REPLY)
            return frame[2];
    }
}

static _Noreturn void run(char **argv, int input) {
    gid_t gid = (gid_t)atoi(argv[2]);
    uid_t uid = (uid_t)atoi(argv[1]);
    if (dup2(input, STDIN_FILENO) < 0 || setgroups(0, NULL) < 0 || setgid(gid) < 0 ||
        setuid(uid) < 0)
        _exit(126);
    execv(argv[4], argv + 4);
    _exit(127);
}

static bool is_socket(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISSOCK(status.st_mode);
}

static int measure_resident(const char *user, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    double started = now_ms();
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) < 0)
        return 2;
    ask(fd, user);
    int verdict = read_verdict(fd);
    printf("%.3f 0 0\n", now_ms() - started);
    close(fd);
    return verdict != VERDICT_GRANTED;
}

int main(int argc, char **argv) {
    int pair[2] = {-1, -1}, status = 0;
    struct rusage usage;
    if (argc < 5)
        return 2;
    bool asks = argv[3][0] == '@';
    if (asks && is_socket(argv[4]))
        return measure_resident(argv[3] + 1, argv[4]);
    if (asks && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return 2;
    if (!asks)
        pair[1] = open(argv[3], O_RDONLY | O_CLOEXEC);
    double started = now_ms();
    pid_t child = fork();
    if (child == 0)
        run(argv, pair[1]);
    close(pair[1]);
    if (asks)
        ask(pair[0], argv[3] + 1);
    int verdict = asks ? read_verdict(pair[0]) : VERDICT_GRANTED;
    double ended = now_ms();
    wait4(child, &status, 0, &usage);
    if (!asks)
        ended = now_ms();
    printf("%.3f %.3f %ld\n", ended - started,
           milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime), usage.ru_maxrss);
    return !(WIFEXITED(status) && WEXITSTATUS(status) == 0 && verdict == VERDICT_GRANTED);
}
