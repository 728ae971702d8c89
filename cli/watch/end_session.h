/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * end_session.h - what becomes of an open session whose account has ended.
 */
#ifndef OAUTH_LOGIN_CLI_WATCH_END_SESSION_H
#define OAUTH_LOGIN_CLI_WATCH_END_SESSION_H

#include "session_file.h"

/* Tells the session's terminal what is to come, where it will end by SIGHUP; true when somebody
 * there may need a moment to read it. */
bool revoked_warn(const struct session_file *session, enum protocol_action action);

/* Does to the session what on_revoked says, and logs it with the verdict that it follows from. Its
 * lock is logind's; without logind its end is SIGHUP to its leader. */
void revoked_act(const struct session_file *session, enum protocol_action action,
                 const char *verdict, const char *reason);

#endif
