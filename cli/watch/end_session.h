/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * end_session.h - ends or locks an open session whose account was closed.
 */
#ifndef OAUTH_LOGIN_CLI_WATCH_END_SESSION_H
#define OAUTH_LOGIN_CLI_WATCH_END_SESSION_H

#include <stdbool.h>

#include "protocol.h"
#include "session_file.h"

/* Writes a warning to the session's terminal if the session will be ended by a signal. Returns true
 * if it wrote the warning; the caller then waits, so that the user can read it. */
bool end_session_warn(const struct session_file *session, enum protocol_action action);

/* Takes the action (the option on_revoked) on the session, and logs it with the verdict that led to
 * it. Only logind can lock a screen. Without logind, a session is ended by signals to its leader,
 * SIGHUP first. */
void end_session_take_action(const struct session_file *session, enum protocol_action action,
                             const char *verdict, const char *reason);

#endif
