/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * end_session.h - ends or locks an open session whose account was closed.
 */
#ifndef OAUTH_LOGIN_CLI_WATCH_END_SESSION_H
#define OAUTH_LOGIN_CLI_WATCH_END_SESSION_H

#include <stdbool.h>

#include "protocol.h"
#include "session_file.h"

/* Warns the session's terminal if the session will end by a signal. Returns true if it did: the
 * person there needs time to read. */
bool end_session_warn(const struct session_file *session, enum protocol_action action);

/* Takes the action (the option on_revoked) on the session, and logs it with the verdict that led to
 * it. Only logind can lock; without logind, a session ends by SIGHUP to its leader. */
void end_session_act(const struct session_file *session, enum protocol_action action,
                     const char *verdict, const char *reason);

#endif
