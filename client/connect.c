/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect.c - connecting to the resident helper.
 *
 * The process that listens there decides who logs in, so root MUST have chosen it: the directory
 * must belong to root and be writable by root alone, and the socket must be served by root
 * (systemd, which hands it over) or by the helper's own user.
 */
#include "connect.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>

#include "clock.h"
#include "scoped.h"
#include "spawn.h"

enum { CONNECT_MS = 250, CONNECT_RETRY_MS = 10 };

_Static_assert(sizeof OAUTH_LOGIN_SOCKET <= sizeof((struct sockaddr_un *)0)->sun_path,
               "RUNSTATEDIR is too long for the address of a socket");

static int check_directory(void) {
    struct stat status;
    if (lstat(OAUTH_LOGIN_RUN, &status) < 0)
        return -errno;
    if (!S_ISDIR(status.st_mode) || status.st_uid != 0)
        return -EPERM;
    return status.st_mode & (S_IWGRP | S_IWOTH) ? -EPERM : 0;
}

/* Checks the user that first listened on the socket, as the kernel recorded it. */
static int check_server(int fd) {
    struct ucred server;
    socklen_t size = sizeof server;
    uid_t uid;
    gid_t gid;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &size) < 0)
        return -errno;
    if (server.uid == 0)
        return 0;
    return spawn_find_user(&uid, &gid) == 0 && server.uid == uid ? 0 : -EPERM;
}

/* Retries while the backlog is full: poll(2) can't wait until it has space. */
static int connect_patiently(int fd) {
    static const struct sockaddr_un address = {.sun_family = AF_UNIX,
                                               .sun_path = OAUTH_LOGIN_SOCKET};
    int64_t until = clock_boot_ms() + CONNECT_MS;

    while (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        if (errno != EAGAIN && errno != EINTR)
            return -errno;
        if (clock_boot_ms() >= until)
            return -ETIMEDOUT;
        poll(NULL, 0, CONNECT_RETRY_MS);
    }
    return 0;
}

int connect_helper(void) {
    int r = check_directory();
    if (r < 0)
        return r;

    SCOPED_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;

    r = scoped_raise_fd(&fd);
    if (r >= 0)
        r = connect_patiently(fd);
    if (r >= 0)
        r = check_server(fd);
    return r < 0 ? r : scoped_take_fd(&fd);
}
