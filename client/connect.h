/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect.h - the way to the resident helper.
 */
#ifndef OAUTH_LOGIN_CLIENT_CONNECT_H
#define OAUTH_LOGIN_CLIENT_CONNECT_H

/* Connects to OAUTH_LOGIN_SOCKET, for a quarter of a second at most. Returns the socket,
 * non-blocking, close-on-exec and above 2. -ENOENT or -ECONNREFUSED when nobody listens there,
 * -EPERM when it may be an impostor's, -ETIMEDOUT when too many are waiting already. */
int connect_helper(void);

#endif
