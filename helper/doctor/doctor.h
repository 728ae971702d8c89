/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor.h - oauth-login doctor, the helper's half: what only its user can read, and what only
 * the provider can tell. Nobody's token is sent, and nothing is
 * changed, but that logins need not wait any longer for a client that is good again.
 */
#ifndef OAUTH_LOGIN_HELPER_DOCTOR_DOCTOR_H
#define OAUTH_LOGIN_HELPER_DOCTOR_DOCTOR_H

#include "exchange.h"

/* The use case: sends a FINDING for each thing looked at, and concludes with the gravest verdict,
 * FAULT before MISCONFIGURED before UNREACHABLE, or GRANTED; the reason stays empty. */
void doctor_run(struct exchange *exchange);

#endif
