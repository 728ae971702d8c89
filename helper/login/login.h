/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * login.h - the use cases: what is done for each operation of the protocol. Each concludes the
 * visit; none sends the answer.
 */
#ifndef OAUTH_LOGIN_HELPER_LOGIN_LOGIN_H
#define OAUTH_LOGIN_HELPER_LOGIN_LOGIN_H

#include "exchange.h"

/* The decision of a login: may this account log in now? */
void login_verify(struct exchange *exchange);

/* The access token for the session's key. */
void login_token(struct exchange *exchange);

/* The access token for whoever asks outside of a login: a stored one, renewed when less than a
 * minute of it is left. With a host in the question's input, only for one of git_hosts. */
void session_token(struct exchange *exchange);

/* Whether the account's open sessions may go on: a SESSION, and the token for their keys. */
void session_watch(struct exchange *exchange);

/* The account's last session has ended: revokes its access tokens, if the configuration says so. */
void session_logout(struct exchange *exchange);

/* One ENTRY of the account, or of all. */
void listing_status(struct exchange *exchange);
void listing_list(struct exchange *exchange);

/* Ends the account's grant, here and at the provider; the second also forgets whose it was. */
void unenroll_account(struct exchange *exchange);
void unenroll_forget(struct exchange *exchange);

#endif
