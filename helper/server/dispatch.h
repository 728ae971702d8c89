/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dispatch.h - one request from a peer: who may ask for what, and which use case replies.
 */
#ifndef OAUTH_LOGIN_HELPER_SERVER_DISPATCH_H
#define OAUTH_LOGIN_HELPER_SERVER_DISPATCH_H

#include <stdbool.h>

/* Reads one request from the local socket `fd` and replies. `config_path` is the configuration to
 * go by, `resident` whether the request came to the resident helper. */
void dispatch_request(int fd, const char *config_path, bool resident);

#endif
