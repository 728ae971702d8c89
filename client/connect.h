/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect.h - connecting to the resident helper.
 */
#ifndef OAUTH_LOGIN_CLIENT_CONNECT_H
#define OAUTH_LOGIN_CLIENT_CONNECT_H

/* Connects to OAUTH_LOGIN_SOCKET, in a quarter of a second at most. Returns the socket,
 * non-blocking, close-on-exec and above 2, or a negative errno: -ENOENT or -ECONNREFUSED when no
 * process listens there, -EPERM when that process may be an impostor, -ETIMEDOUT when its backlog
 * is full. */
int connect_helper(void);

#endif
