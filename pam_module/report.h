/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - the messages for the log and for the person. Text from outside is printed as escaped,
 * printable ASCII of bounded length.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_REPORT_H
#define OAUTH_LOGIN_PAM_MODULE_REPORT_H

#include <stdbool.h>

#include "login.h"

enum { REPORT_FIELD_SIZE = PROTOCOL_TEXT_MAX + 1 };

/* Escapes a word: bytes outside printable ASCII, blanks and quotes become \xNN. Returns `ret`. */
const char *report_escape_word(const char *text, char ret[REPORT_FIELD_SIZE]);

/* Logs a decision. `letting_in`: the option `permissive` lets in a login that was refused. */
void report_decision(const struct login *login, const struct ask_reply *reply, bool letting_in);

/* Shows the person the message of the reply, if it has one and the login is not silent. */
void report_to_person(const struct login *login, const struct ask_reply *reply);

/* Logs a mistake in pam.d, and tells the person that there is one. */
void report_misconfigured(const struct login *login, const char *what);

/* Logs that a pass in `auth` is neutral, because no authentication method has succeeded yet. */
void report_unproven(const struct login *login);

/* Logs why the person was not asked to enroll though `enroll` is set, and the command that does. */
void report_not_prompted(const struct login *login, const char *why);

/* Logs that the session's key was planted in the keyring `serial`, with the option debug. */
void report_planted(const struct login *login, int serial, const struct ask_reply *reply);

/* Logs why the session has no key. */
void report_not_planted(const struct login *login, const char *why);

/* Logs that oauth-login-watch does not know this session. */
void report_not_watched(const struct login *login, const char *why);

/* Logs a logout that failed, and nothing of one that went well. */
void report_logout(const struct login *login, const struct ask_reply *reply);

#endif
