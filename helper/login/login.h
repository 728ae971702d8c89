/*
 * login.h - the use cases: what is done for each operation of the protocol. Each concludes the
 * visit; none sends the answer.
 */
#ifndef OAUTH_LOGIN_LOGIN_H
#define OAUTH_LOGIN_LOGIN_H

#include "exchange.h"

/* The decision of a login: may this account log in now? */
void login_verify(struct visit *visit);

/* The access token for the session's key. */
void login_token(struct visit *visit);

/* The access token for whoever asks outside of a login: a stored one, renewed when less than a
 * minute of it is left. With a host in the question's input, only for one of git_hosts. */
void session_token(struct visit *visit);

/* Whether the account's open sessions may go on: a SESSION, and the token for their keys. */
void session_watch(struct visit *visit);

/* The account's last session has ended: revokes its access tokens, if the configuration says so. */
void session_logout(struct visit *visit);

/* One ENTRY of the account, or of all. */
void listing_status(struct visit *visit);
void listing_list(struct visit *visit);

/* Ends the account's grant, here and at the provider; the second also forgets whose it was. */
void unenroll_account(struct visit *visit);
void unenroll_forget(struct visit *visit);

/* Gets the account's grant from the person, who approves elsewhere with a code, or in a browser
 * that reaches this machine's loopback. */
void enroll_by_device(struct visit *visit);
void enroll_by_browser(struct visit *visit);

/* Stores a refresh token, after one renewal has proven it and whose it is. */
void import_grant(struct visit *visit);

#endif
