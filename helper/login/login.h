/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * login.h - the operations of the protocol for logins, sessions and stored accounts. Each function
 * concludes the exchange; none sends the reply.
 */
#ifndef OAUTH_LOGIN_HELPER_LOGIN_LOGIN_H
#define OAUTH_LOGIN_HELPER_LOGIN_LOGIN_H

#include "exchange.h"

/* Decides whether the account may log in now. */
void login_verify(struct exchange *exchange);

/* Hands over the stored access token for the session's key. */
void login_token(struct exchange *exchange);

/* Hands over the access token outside of a login: the stored one, renewed when it expires in less
 * than a minute. With a host as the request's input, the host must be one of git_hosts. */
void session_token(struct exchange *exchange);

/* Decides whether the account's open sessions may go on: sends a SESSION, and hands over the token
 * for their keys. */
void session_watch(struct exchange *exchange);

/* Revokes the access tokens after the account's last session has ended, if revoke_on_logout is set.
 */
void session_logout(struct exchange *exchange);

/* Send an ENTRY for the account, or for every enrolled account. */
void listing_status(struct exchange *exchange);
void listing_list(struct exchange *exchange);

/* Delete the account's grant here, and revoke it at the provider. The second function also forgets
 * the subject that the grant belonged to. */
void unenroll_account(struct exchange *exchange);
void unenroll_forget(struct exchange *exchange);

#endif
