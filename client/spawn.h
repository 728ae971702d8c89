/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn.h - starting the helper from inside an application's process, without the application
 * noticing.
 */
#ifndef OAUTH_LOGIN_CLIENT_SPAWN_H
#define OAUTH_LOGIN_CLIENT_SPAWN_H

#include <sys/types.h>

/* Starts OAUTH_LOGIN_HELPER as the user oauth-login, with `--config config` unless that is NULL.
 * Needs effective uid 0. Returns our end of its socket, close-on-exec and above 2, or a negative
 * errno: -ENOENT if there is no user oauth-login.
 *
 * The application gets no SIGCHLD, and its waitpid(2) never sees the helper, unless the application
 * is a subreaper or process 1, which inherit orphans. Therefore the caller learns of the helper's
 * exit only when the socket is closed. A failure after this function has returned is reported as a
 * REPLY with verdict FAULT on the socket. Keeps no state, takes no lock in the child, and may be
 * called while other threads run. */
int spawn_helper(const char *config);

/* Looks up the ids of OAUTH_LOGIN_USER. Returns 0 or a negative errno: -ENOENT if that user does
 * not exist, -EPERM when one of the ids is 0. */
int spawn_find_user(uid_t *ret_uid, gid_t *ret_gid);

#endif
