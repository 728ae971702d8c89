/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict.h - turns the outcome of a request to the provider into a verdict about an account.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_VERDICT_H
#define OAUTH_LOGIN_HELPER_GRANT_VERDICT_H

#include "outcome.h"
#include "protocol.h"

/* Returns the verdict that follows from `outcome`. VERDICT_NONE for OUTCOME_ANSWERED: nothing
 * speaks against the account so far, and what the provider sent must still be judged. Never
 * GRANTED. */
enum verdict verdict_of(enum outcome outcome);

#endif
