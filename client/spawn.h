/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn.h - starting the helper from inside an application's process, which does not notice.
 */
#ifndef OAUTH_LOGIN_CLIENT_SPAWN_H
#define OAUTH_LOGIN_CLIENT_SPAWN_H

#include <sys/types.h>

/* Starts OAUTH_LOGIN_HELPER as the user oauth-login, with `--config config` unless that is NULL.
 * Needs effective uid 0. Returns our end of its socket, close-on-exec and above 2, or a negative
 * errno: -ENOENT without a user oauth-login.
 *
 * The application gets no SIGCHLD, and no wait of its own sees the helper, unless it is a subreaper
 * or process 1, which every orphan goes to. So the end of the socket is the end of the helper. What
 * fails after this has returned comes as a REPLY of verdict FAULT on the socket. Keeps no state,
 * takes no lock in the child, and may be called while other threads run. */
int spawn_helper(const char *config);

/* Looks up the ids of OAUTH_LOGIN_USER. Returns 0 or a negative errno: -ENOENT without that user,
 * -EPERM when one of the ids is 0. */
int spawn_find_user(uid_t *ret_uid, gid_t *ret_gid);

#endif
