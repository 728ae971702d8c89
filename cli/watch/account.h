/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * account.h - the account of an open session.
 */
#ifndef OAUTH_LOGIN_CLI_WATCH_ACCOUNT_H
#define OAUTH_LOGIN_CLI_WATCH_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "session_file.h"

/* Tells whether `uid` is that of the session's account. */
bool account_has_uid(const struct session_file *session, uid_t uid);

#endif
