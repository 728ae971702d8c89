/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.h - the account's access token in the session, from its opening to its end.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_SESSION_H
#define OAUTH_LOGIN_PAM_MODULE_SESSION_H

#include "login.h"

/* Plants the token that the login brought. PAM_SUCCESS also without one, unless the option
 * keyring_required is set: PAM_SESSION_ERR then. */
int session_open(const struct login *login);

/* Puts the account's current token in the place of the one in each of its open sessions: after a
 * screen was unlocked, say, by a program that may be in none of them. Does nothing in a process
 * that is not root's, by effective and real uid. */
void session_refresh(const struct login *login);

/* Revokes what session_open planted for this handle, if it did. */
void session_drop_key(pam_handle_t *pamh);

/* The same, and the session is not open any more. After the account's last, the helper is told. */
void session_close(const struct login *login);

#endif
