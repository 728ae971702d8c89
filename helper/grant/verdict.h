/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict.h - what the outcome of a request to the provider means for an account.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_VERDICT_H
#define OAUTH_LOGIN_HELPER_GRANT_VERDICT_H

#include "outcome.h"
#include "protocol.h"

/* The verdict that `outcome` is a reason for. VERDICT_NONE where it speaks against nobody: the
 * provider answered, and what it sent is still to be judged. */
enum verdict verdict_of(enum outcome outcome);

#endif
