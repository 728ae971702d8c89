/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enroll.h - the user enrolls in the middle of a login, by a code to approve in any browser.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_ENROLL_H
#define OAUTH_LOGIN_PAM_MODULE_ENROLL_H

#include <stdbool.h>

#include "login.h"

/* Asks the user to enroll (RFC 8628), if an authentication method has succeeded in this login
 * (`proven`) or the option enroll=unproven is set, and if a person can answer. `reply` is the
 * refusal that led here. It is replaced by the reply to the enrollment: GRANTED with SOURCE_DEVICE,
 * or another refusal; NOT_PERMITTED if PAM_USER changed meanwhile. If the user could not be asked,
 * `reply` is unchanged and the reason is logged. */
void enroll_person(const struct login *login, bool proven, struct ask_reply *reply);

#endif
