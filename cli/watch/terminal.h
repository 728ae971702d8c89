/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * terminal.h - the terminal of an open session.
 */
#ifndef OAUTH_LOGIN_CLI_WATCH_TERMINAL_H
#define OAUTH_LOGIN_CLI_WATCH_TERMINAL_H

#include <stdbool.h>

#include "session_file.h"

/* Writes to the session's terminal that the session ends now. Returns false if the session has no
 * terminal of its own. */
bool terminal_warn(const struct session_file *session);

#endif
