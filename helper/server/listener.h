/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listener.h - the socket that the resident helper listens on, and the user that it runs as.
 */
#ifndef OAUTH_LOGIN_HELPER_SERVER_LISTENER_H
#define OAUTH_LOGIN_HELPER_SERVER_LISTENER_H

#include "reason.h"

/* Takes the one listening local stream socket that the service manager hands over
 * (sd_listen_fds(3)). Returns its descriptor, or a negative errno with its reason. */
int listener_take(struct reason *reason);

/* Makes such a socket at `path`, to which every user may connect. It replaces an existing socket in
 * one step, so that a caller always finds one. Returns its descriptor, or a negative errno with its
 * reason. */
int listener_make(const char *path, struct reason *reason);

/* Becomes OAUTH_LOGIN_USER for good if the process runs as root. Returns 0, or a negative errno
 * with its reason. */
int listener_drop_root(struct reason *reason);

#endif
