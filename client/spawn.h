/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn.h - starting the helper from inside somebody else's process, without it noticing.
 */
#ifndef OAUTH_LOGIN_CLIENT_SPAWN_H
#define OAUTH_LOGIN_CLIENT_SPAWN_H

#include <sys/types.h>

/* Starts OAUTH_LOGIN_HELPER as the user oauth-login, for a caller whose effective uid is 0, with
 * `--config config` unless that is NULL. Returns our end of its socket, close-on-exec and above 2.
 *
 * No SIGCHLD reaches the caller, and no wait of its own can see the helper, unless it is a
 * subreaper or process 1, to which every orphan goes: the helper's end is the end of the socket.
 * What fails after this returns comes as a REPLY of verdict FAULT on the socket. -ENOENT when there
 * is no user oauth-login, else a negative errno. Keeps no state, takes no lock in the child, and
 * may be called with other threads running. */
int spawn_helper(const char *config);

/* The ids of OAUTH_LOGIN_USER. -ENOENT when there is none, -EPERM when one of them is 0. */
int spawn_find_user(uid_t *ret_uid, gid_t *ret_gid);

#endif
