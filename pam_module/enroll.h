/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enroll.h - a person enrolls in the middle of a login, by a code that they approve elsewhere.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_ENROLL_H
#define OAUTH_LOGIN_PAM_MODULE_ENROLL_H

#include "login.h"

/* Asks the person to enroll, if they have proven to be somebody (`proven`) or need not, and if
 * somebody can answer. `answer` is the refusal that led here. It becomes the answer to the
 * enrollment (RFC 8628): GRANTED with SOURCE_DEVICE, or another refusal. When nobody could be asked
 * it stays, and the log says why; when PAM_USER changed meanwhile it is NOT_PERMITTED. */
void enroll_person(const struct login *login, bool proven, struct ask_reply *reply);

#endif
