/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decision.h - from a verdict to what PAM is told.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_DECISION_H
#define OAUTH_LOGIN_PAM_MODULE_DECISION_H

#include "login.h"

/* Asks whether the login may go on, logs it, tells the person, and returns the PAM code for
 * login->phase, PHASE_AUTH or PHASE_ACCOUNT. */
int decision_make(const struct login *login);

#endif
