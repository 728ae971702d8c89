/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dispatch.h - serves one request: checks whether the caller may make it, and runs its use case.
 */
#ifndef OAUTH_LOGIN_HELPER_SERVER_DISPATCH_H
#define OAUTH_LOGIN_HELPER_SERVER_DISPATCH_H

#include <stdbool.h>

/* Reads one request from the local socket `fd` and replies. `config_path` is the configuration
 * file, `resident` tells whether the resident helper received the request. */
void dispatch_request(int fd, const char *config_path, bool resident);

#endif
