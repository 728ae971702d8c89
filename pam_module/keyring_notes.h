/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keyring_notes.h - what one phase of a login must remember about keyrings for a later one.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_KEYRING_NOTES_H
#define OAUTH_LOGIN_PAM_MODULE_KEYRING_NOTES_H

#include <keyutils.h>

#include "login.h"

/* Notes the session keyring as it is before the login makes its own: if it is still there at
 * open_session, it is inherited, and other logins may have it too. Under sshd it travels in the PAM
 * environment as well, since `auth` and `account` may run in a process of their own there. */
void ring_note(const struct login *login);

/* The noted serial, 0 when there is none; forgotten by this, so that no shell sees it. */
key_serial_t ring_take_noted(pam_handle_t *pamh);

/* Keeps the serial of the ring that this session has to revoke at its end: false without memory.
 * keyring_notes_take_planted gives it back once, then 0. */
bool ring_keep_planted(pam_handle_t *pamh, key_serial_t serial);
key_serial_t keyring_notes_take_planted(pam_handle_t *pamh);

#endif
