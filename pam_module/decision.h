/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decision.h - from a verdict to a PAM code.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_DECISION_H
#define OAUTH_LOGIN_PAM_MODULE_DECISION_H

#include "login.h"

/* Asks the helper about the login, logs the decision, tells the user, and returns the PAM code
 * for login->phase, which must be PHASE_AUTH or PHASE_ACCOUNT. */
int decision_make(const struct login *login);

#endif
