/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - what the log and the person read. Whatever comes from outside is printed as escaped
 * printable ASCII of bounded length.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_REPORT_H
#define OAUTH_LOGIN_PAM_MODULE_REPORT_H

#include "login.h"

enum { REPORT_FIELD_SIZE = PROTOCOL_TEXT_MAX + 1 };

/* A word of printable ASCII: bytes beyond it, blanks and quotes become \xNN. Returns `ret`. */
const char *report_escape_word(const char *text, char ret[REPORT_FIELD_SIZE]);

/* The log's line of a decision; `letting_in` when it would refuse without `permissive`. */
void report_decision(const struct login *login, const struct ask_reply *reply, bool letting_in);

/* The line for the person, if there is one and it is wanted. */
void report_to_person(const struct login *login, const struct ask_reply *reply);

/* Something wrong in pam.d: a line for the log, and one for the person. */
void report_misconfigured(const struct login *login, const char *what);

/* A pass in `auth` that counts for nothing, since nobody was proven in this login. */
void report_unproven(const struct login *login);

/* Why nobody was asked to enroll though `enroll` is set, and the command that does without. */
void report_not_prompted(const struct login *login, const char *why);

/* The session's key: planted in the keyring `serial`, or why it is not there. */
void report_planted(const struct login *login, int serial, const struct ask_reply *reply);
void report_not_planted(const struct login *login, const char *why);

/* An open session that oauth-login-watch does not know of. */
void report_not_watched(const struct login *login, const char *why);

/* What came of the logout; nothing is said of one that went well. */
void report_logout(const struct login *login, const struct ask_reply *reply);

#endif
