/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor.h - oauth-login doctor, the helper's half: checks what only the helper's user can read,
 * and what only the provider can tell. It sends no account's token. It changes nothing, except that
 * logins stop backing off from a client that the provider accepts again.
 */
#ifndef OAUTH_LOGIN_HELPER_DOCTOR_DOCTOR_H
#define OAUTH_LOGIN_HELPER_DOCTOR_DOCTOR_H

#include "exchange.h"

/* Sends a FINDING for each thing it checks, and concludes with the gravest verdict, FAULT before
 * MISCONFIGURED before UNREACHABLE, or with GRANTED; the reason stays empty. */
void doctor_run(struct exchange *exchange);

#endif
