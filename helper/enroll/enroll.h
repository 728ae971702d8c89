/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enroll.h - the ways to give an account a grant. Each function concludes the exchange; none sends
 * the reply.
 */
#ifndef OAUTH_LOGIN_HELPER_ENROLL_ENROLL_H
#define OAUTH_LOGIN_HELPER_ENROLL_ENROLL_H

#include "exchange.h"

/* Get the account's grant from the user, who approves with a code on any device, or in a browser
 * that can reach this machine's loopback. */
void enroll_by_device(struct exchange *exchange);
void enroll_by_browser(struct exchange *exchange);

/* Stores the refresh token of the request as the account's grant, after a renewal has proven that
 * it works and who owns it. */
void import_grant(struct exchange *exchange);

#endif
