/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parts.h - the parts of doctor, each in a file of its own.
 */
#ifndef OAUTH_LOGIN_HELPER_DOCTOR_PARTS_H
#define OAUTH_LOGIN_HELPER_DOCTOR_PARTS_H

#include "findings.h"

void doctor_look_at_rights(struct doctor *doctor);
void doctor_look_at_store(struct doctor *doctor);

/* Ends the back-off of the waiting accounts: their next logins ask the provider at once. Call it
 * when the provider has accepted the client. */
void doctor_clear_refusals(struct doctor *doctor);

/* Checks the provider. Needs a valid configuration. */
void doctor_ask_provider(struct doctor *doctor);

/* Tests the client at the endpoints `urls`, which are indexed by enum provider_endpoint and "" when
 * the provider has none, and notes the provider's clock. */
void doctor_try_client(struct doctor *doctor, const char *const *urls);

#endif
