/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enroll.h - the ways in which an account gets a grant. Each concludes the exchange; none sends the
 * reply.
 */
#ifndef OAUTH_LOGIN_HELPER_ENROLL_ENROLL_H
#define OAUTH_LOGIN_HELPER_ENROLL_ENROLL_H

#include "exchange.h"

/* Gets the account's grant from the person, who approves elsewhere with a code, or in a browser
 * that reaches this machine's loopback. */
void enroll_by_device(struct exchange *exchange);
void enroll_by_browser(struct exchange *exchange);

/* Stores a refresh token, after one renewal has proven it and whose it is. */
void import_grant(struct exchange *exchange);

#endif
