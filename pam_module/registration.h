/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * registration.h - an open session is known to oauth-login-watch from its opening to its end.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_REGISTRATION_H
#define OAUTH_LOGIN_PAM_MODULE_REGISTRATION_H

#include <keyutils.h>
#include <stdbool.h>

#include "login.h"
#include "session_file.h"

/* Registers the session that this process opens, with the ring that its token lies in and that ends
 * with it, or 0. 0, or a negative errno: the session is not watched then. */
int registration_begin(const struct login *login, key_serial_t ring);

/* Ends what registration_begin began with this handle. True when it was the last session of its
 * account that is open; false when that can't be known, as by who is not root. */
bool registration_end(pam_handle_t *pamh);

/* Reads the account's sessions that are open, this process's or others', into `*ret`, which the
 * caller frees: their number, or a negative errno. Needs effective uid 0. */
int registration_read(const char *account, struct session_file **ret);

#endif
