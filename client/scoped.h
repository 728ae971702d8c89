/*
 * scoped.h - descriptors that end with their scope.
 */
#ifndef OAUTH_LOGIN_CLIENT_SCOPED_H
#define OAUTH_LOGIN_CLIENT_SCOPED_H

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

#endif
