/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor.h - oauth-login doctor, the helper's half: checks the files that only the helper's user
 * can read, and asks the provider. It sends no account's token. It changes nothing, except that it
 * ends the back-off of logins if the provider accepts the client again.
 */
#ifndef OAUTH_LOGIN_HELPER_DOCTOR_DOCTOR_H
#define OAUTH_LOGIN_HELPER_DOCTOR_DOCTOR_H

#include "exchange.h"

/* Sends a FINDING for each thing it checks, and concludes with the gravest verdict, FAULT before
 * MISCONFIGURED before UNREACHABLE, or with GRANTED; the reason stays empty. */
void doctor_run(struct exchange *exchange);

#endif
