/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parts.h - what doctor looks at, a part a file.
 */
#ifndef OAUTH_LOGIN_HELPER_DOCTOR_PARTS_H
#define OAUTH_LOGIN_HELPER_DOCTOR_PARTS_H

#include "findings.h"

void doctor_look_at_rights(struct doctor *doctor);
void doctor_look_at_store(struct doctor *doctor);
void doctor_clear_refusals(struct doctor *doctor); /* it is good: nobody has to wait */
void doctor_ask_provider(struct doctor *doctor);   /* needs a whole configuration */

/* Tries the client at the endpoints, which are indexed by enum provider_endpoint and "" where there
 * is none, and notes what the provider's clock says. */
void doctor_try_client(struct doctor *doctor, const char *const *urls);

#endif
