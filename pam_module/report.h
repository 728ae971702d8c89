/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - the messages for the log and for the user. Text from outside is printed as escaped,
 * printable ASCII of bounded length.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_REPORT_H
#define OAUTH_LOGIN_PAM_MODULE_REPORT_H

#include <stdbool.h>

#include "login.h"

enum { REPORT_FIELD_SIZE = PROTOCOL_TEXT_MAX + 1 };

/* Escapes a word: bytes outside printable ASCII, blanks and quotes become \xNN. Returns `ret`. */
const char *report_escape_word(const char *text, char ret[REPORT_FIELD_SIZE]);

/* Logs a decision. `letting_in`: true if the login was refused but the option `permissive` lets it
 * in. */
void report_decision(const struct login *login, const struct ask_reply *reply, bool letting_in);

/* Shows the user the message of the reply, if it has one and the login is not silent. */
void report_to_person(const struct login *login, const struct ask_reply *reply);

/* Logs a mistake in pam.d, and tells the user that there is one. */
void report_misconfigured(const struct login *login, const char *what);

/* Logs that `auth` returns PAM_IGNORE although the account may log in, because no authentication
 * method has succeeded yet. */
void report_unproven(const struct login *login);

/* Logs why the user was not asked to enroll although `enroll` is set, and the command to enroll by
 * hand. */
void report_not_prompted(const struct login *login, const char *why);

/* With the option debug, logs that the session's key was planted in the keyring `serial`. */
void report_planted(const struct login *login, int serial, const struct ask_reply *reply);

/* Logs why the session has no key. */
void report_not_planted(const struct login *login, const char *why);

/* Logs that oauth-login-watch does not know this session. */
void report_not_watched(const struct login *login, const char *why);

/* Logs a logout that failed; a successful one is not logged. */
void report_logout(const struct login *login, const struct ask_reply *reply);

#endif
