/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.h - the account's access token in the session, from its opening to its end.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_SESSION_H
#define OAUTH_LOGIN_PAM_MODULE_SESSION_H

#include "login.h"

/* Plants the access token and registers the session. Returns PAM_SUCCESS, also without a token, or
 * PAM_SESSION_ERR if the option keyring_required is set. */
int session_open(const struct login *login);

/* Replaces the token in each of the account's open sessions by the current one. For programs that
 * may belong to none of these sessions, such as a screen locker after it has unlocked. Does nothing
 * unless both the effective and the real uid of the process are root's. */
void session_refresh(const struct login *login);

/* Revokes the key that session_open planted for this handle, if it did. */
void session_drop_key(pam_handle_t *pamh);

/* Does what session_drop_key does, and ends the registration. Tells the helper if it was the
 * account's last session. */
void session_close(const struct login *login);

#endif
