/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scoped.h - descriptors that end with their scope.
 */
#ifndef OAUTH_LOGIN_CLIENT_SCOPED_H
#define OAUTH_LOGIN_CLIENT_SCOPED_H

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define SCOPED_FD __attribute__((cleanup(scoped_close)))

static inline void scoped_close(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Moves a descriptor out of its scope, to a caller. */
static inline int scoped_take_fd(int *fd) {
    int taken = *fd;
    *fd = -1;
    return taken;
}

/* Makes a descriptor one that is not of the three that a caller may have closed. */
static inline int scoped_raise_fd(int *fd) {
    if (*fd > STDERR_FILENO)
        return 0;
    int high = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (high < 0)
        return -errno;
    scoped_close(fd);
    *fd = high;
    return 0;
}

#endif
