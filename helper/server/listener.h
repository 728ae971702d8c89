/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listener.h - the socket that the resident helper listens on, and as whom it does.
 */
#ifndef OAUTH_LOGIN_HELPER_SERVER_LISTENER_H
#define OAUTH_LOGIN_HELPER_SERVER_LISTENER_H

#include "reason.h"

/* Takes the one listening local stream socket that the service manager hands over
 * (sd_listen_fds(3)). Negative errno with its reason. */
int listener_take(struct reason *reason);

/* Makes one at `path`, for everybody to connect to; whatever socket was there is replaced in one
 * step, without a moment at which nobody listens. Negative errno with its reason. */
int listener_make(const char *path, struct reason *reason);

/* Becomes OAUTH_LOGIN_USER for good, when the process is root's. Negative errno with its reason. */
int listener_drop_root(struct reason *reason);

#endif
