/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keyring_notes.h - notes about keyrings that one phase of a login leaves for a later one.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_KEYRING_NOTES_H
#define OAUTH_LOGIN_PAM_MODULE_KEYRING_NOTES_H

#include <keyutils.h>
#include <stdbool.h>

#include "login.h"

/* Notes the current session keyring, before the login creates its own. If open_session finds the
 * same keyring, it was inherited, and other logins may share it. Under sshd the PAM environment
 * carries the note as well, since sshd may run `auth` and `account` in another process. */
void keyring_notes_keep_inherited(const struct login *login);

/* Returns the serial noted by keyring_notes_keep_inherited, or 0 if there is none, and deletes the
 * note, so that no shell sees it. */
key_serial_t keyring_notes_take_inherited(pam_handle_t *pamh);

/* Notes the keyring that this session must revoke at its end. False: out of memory. */
bool keyring_notes_keep_planted(pam_handle_t *pamh, key_serial_t serial);

/* Returns the serial noted by keyring_notes_keep_planted, or 0 if there is none, and deletes the
 * note. */
key_serial_t keyring_notes_take_planted(pam_handle_t *pamh);

#endif
