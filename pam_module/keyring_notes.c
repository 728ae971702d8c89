/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keyring_notes.c - notes about keyrings that one phase of a login leaves for a later one.
 */
#include "keyring_notes.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "session_key.h"

/* A variable of the PAM environment. sshd passes no SSH_AUTH_INFO_* on to the shell. */
#define NOTE "SSH_AUTH_INFO_OAUTH_LOGIN_RING"

/* Names of pam_set_data(3). */
static const char inherited[] = "pam_oauth_login_inherited";
static const char planted[] = "pam_oauth_login_ring";

static bool keep(pam_handle_t *pamh, const char *name, key_serial_t serial) {
    key_serial_t *kept = malloc(sizeof *kept);
    if (!kept)
        return false;

    *kept = serial;
    if (login_keep(pamh, name, kept))
        return true;
    free(kept);
    return false;
}

static key_serial_t take(pam_handle_t *pamh, const char *name) {
    const void *kept = NULL;
    if (pam_get_data(pamh, name, &kept) != PAM_SUCCESS || !kept)
        return 0;
    key_serial_t serial = *(const key_serial_t *)kept;
    pam_set_data(pamh, name, NULL, NULL);
    return serial;
}

void keyring_notes_keep_inherited(const struct login *login) {
    char text[sizeof NOTE + 16];
    key_serial_t current = session_key_current();

    keep(login->pamh, inherited, current);
    if (!pam_getenv(login->pamh, "SSH_AUTH_INFO_0"))
        return;
    snprintf(text, sizeof text, NOTE "=%d", current);
    pam_putenv(login->pamh, text);
}

key_serial_t keyring_notes_take_inherited(pam_handle_t *pamh) {
    const char *text = pam_getenv(pamh, NOTE);
    long serial = text ? strtol(text, NULL, 10) : 0;
    key_serial_t kept = take(pamh, inherited);

    if (text)
        pam_putenv(pamh, NOTE);
    if (kept > 0)
        return kept;
    return serial > 0 && serial <= INT32_MAX ? (key_serial_t)serial : 0;
}

bool keyring_notes_keep_planted(pam_handle_t *pamh, key_serial_t serial) {
    return keep(pamh, planted, serial);
}

key_serial_t keyring_notes_take_planted(pam_handle_t *pamh) {
    return take(pamh, planted);
}
