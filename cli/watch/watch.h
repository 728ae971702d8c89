/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch.h - oauth-login watch: checks the open sessions.
 */
#ifndef OAUTH_LOGIN_CLI_WATCH_WATCH_H
#define OAUTH_LOGIN_CLI_WATCH_WATCH_H

#include "command.h"
#include "exit_status.h"

/* Checks the open sessions once, for oauth-login-watch.service. Returns the exit status. */
enum exit_status command_watch(const struct arguments *arguments);

#endif
