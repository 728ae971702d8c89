/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scoped.h - resources that are released at the end of their scope.
 */
#ifndef OAUTH_LOGIN_COMMON_SCOPED_H
#define OAUTH_LOGIN_COMMON_SCOPED_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCOPED(end) __attribute__((cleanup(end)))
#define SCOPED_FD SCOPED(scoped_close)
#define SCOPED_DIR SCOPED(scoped_closedir)
#define SCOPED_TEXT SCOPED(scoped_free)

static inline void scoped_close(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static inline void scoped_closedir(DIR **dir) {
    if (*dir)
        closedir(*dir);
    *dir = NULL;
}

static inline void scoped_free(char **text) {
    free(*text);
    *text = NULL;
}

/* Wipes the `size` bytes of a secret and frees it. NULL is fine. */
static inline void scoped_free_wiped(void *secret, size_t size) {
    if (secret)
        explicit_bzero(secret, size);
    free(secret);
}

/* Takes a descriptor out of its scope, for a caller or a structure that will close it. */
static inline int scoped_take_fd(int *fd) {
    int taken = *fd;
    *fd = -1;
    return taken;
}

/* Moves a descriptor above the three standard ones, which the application may have closed. Returns
 * 0 or a negative errno. */
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
