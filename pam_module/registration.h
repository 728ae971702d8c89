/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * registration.h - registering open sessions for oauth-login-watch, from their opening to their
 * end.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_REGISTRATION_H
#define OAUTH_LOGIN_PAM_MODULE_REGISTRATION_H

#include <keyutils.h>
#include <stdbool.h>

#include "login.h"
#include "session_file.h"

/* Registers the session that this process opens, with the keyring that has its token and must be
 * revoked at its end, or 0. Returns 0, or a negative errno; then the session is not watched. */
int registration_begin(const struct login *login, key_serial_t keyring);

/* Removes what registration_begin registered for this handle. Returns true if that was the
 * account's last open session; false also when that can't be known, as in a process that is not
 * root. */
bool registration_end(pam_handle_t *pamh);

/* Reads the account's open sessions, of this process and others, into `*ret`, which the caller
 * frees. Returns their number, or a negative errno. Needs effective uid 0. */
int registration_read(const char *account, struct session_file **ret);

#endif
