/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.c - the account's access token in the session.
 */
#include "session.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keyring_notes.h"
#include "registration.h"
#include "report.h"
#include "scoped.h"
#include "session_key.h"

enum { LOGOUT_DEADLINE = 3 }; /* seconds: a logout must not make the user wait */

/* Reports that the session has no key. Returns the PAM code that follows. */
static int without_key(const struct login *login, const char *why) {
    report_not_planted(login, why);
    bool required = login->options.keyring_required && !login->options.permissive;
    return required ? PAM_SESSION_ERR : PAM_SUCCESS;
}

static void explain(int error, char *ret, size_t size) {
    snprintf(ret, size, "%s%s", strerror(-error),
             error == -EDQUOT ? " (see kernel.keys.root_maxbytes and root_maxkeys in sysctl)" : "");
}

/* Plants the token. Sets `ret` to its keyring if this session must revoke the token at its end.
 * Returns a PAM code. */
static int plant(const struct login *login, const struct ask_reply *reply, key_serial_t *ret) {
    struct session_keyring keyring;
    char why[160];
    uint32_t left = ask_seconds_left(reply);

    if (left == 0)
        return without_key(login, "the stored access token has expired");
    int r = session_key_plant(reply->provider, reply->token, reply->token_size, left, login->uid,
                              login->gid, keyring_notes_take_inherited(login->pamh), &keyring);
    if (r < 0) {
        explain(r, why, sizeof why);
        return without_key(login, why);
    }

    report_planted(login, keyring.serial, reply);
    if (keyring.ours && !keyring_notes_keep_planted(login->pamh, keyring.serial)) {
        session_key_revoke(keyring.serial);
        return without_key(login, "out of memory");
    }
    *ret = keyring.ours ? keyring.serial : 0; /* otherwise another session's file has this keyring,
                                                 and that session revokes it */
    return PAM_SUCCESS;
}

/* Tells whether this service may let in a user without a grant, or without asking the provider. */
static bool may_lack_grant(const struct login *login) {
    return login->options.nouserok || login_is_reentry(login);
}

/* Asks for the token and plants it. Returns false if oauth-login does not handle this account. */
static bool bring_token(const struct login *login, key_serial_t *ret_keyring, int *ret_code) {
    struct ask_reply reply;

    login_ask(login, OPERATION_TOKEN, &reply);
    /* NOT_ENROLLED here means that the user has unenrolled since the account phase, unless this
     * service may let in a user without a grant. */
    bool unenrolled = reply.verdict == VERDICT_NOT_ENROLLED && !may_lack_grant(login);
    bool ours = unenrolled ||
                (reply.verdict != VERDICT_NOT_MANAGED && reply.verdict != VERDICT_NOT_ENROLLED);
    if (verdict_is_yes(reply.verdict))
        *ret_code = plant(login, &reply, ret_keyring);
    else if (ours || (reply.verdict == VERDICT_NOT_ENROLLED && !login->options.nouserok))
        *ret_code = without_key(login, reply.reason);

    ask_clear(&reply);
    return ours;
}

int session_open(const struct login *login) {
    key_serial_t keyring = 0;
    int code = PAM_SUCCESS;
    bool wanted = !login->options.no_keyring;

    if (geteuid() != 0)
        return wanted ? without_key(login, "the session is not opened by root") : PAM_SUCCESS;
    if (wanted && !bring_token(login, &keyring, &code))
        return code;

    int r = code == PAM_SUCCESS ? registration_begin(login, keyring) : 0;
    if (r < 0)
        report_not_watched(login, strerror(-r));
    return code;
}

/* Tells whether the session has a token that came through the configuration of this login. */
static bool has_same_token(const struct login *login, const struct session_file *session) {
    const char *config = login->options.config ? login->options.config : "";
    return session->keyring > 0 && strcmp(session->config, config) == 0;
}

static void replace(const struct login *login, const struct ask_reply *reply,
                    key_serial_t keyring) {
    char why[160];
    int r = session_key_replace(keyring, reply->provider, reply->token, reply->token_size,
                                ask_seconds_left(reply));
    if (r < 0) {
        explain(r, why, sizeof why);
        report_not_planted(login, why);
    }
}

/* Gives each session the current token. Asks the helper at most once: not at all if there is no
 * session to refresh. */
static void refresh(const struct login *login, const struct session_file *sessions, int count) {
    struct ask_reply reply = {.verdict = VERDICT_NONE};

    for (int i = 0; i < count; i++) {
        if (!has_same_token(login, &sessions[i]))
            continue;
        if (reply.verdict == VERDICT_NONE)
            login_ask(login, OPERATION_TOKEN, &reply);
        if (verdict_is_yes(reply.verdict) && ask_seconds_left(&reply) > 0)
            replace(login, &reply, sessions[i].keyring);
    }
    ask_clear(&reply);
}

void session_refresh(const struct login *login) {
    struct session_file *sessions = NULL;
    /* Do nothing unless the real and the effective uid are root's: a program that the user started,
     * even a setuid one, can get the token in other ways. */
    if (login->options.no_keyring || geteuid() != 0 || getuid() != 0)
        return;

    int count = registration_read(login->user, &sessions);
    if (count < 0 && count != -ENOENT) /* -ENOENT: no session was ever opened */
        report_not_planted(login, strerror(-count));
    refresh(login, sessions, count);
    free(sessions);
}

void session_drop_key(pam_handle_t *pamh) {
    key_serial_t serial = keyring_notes_take_planted(pamh);
    if (serial > 0)
        session_key_revoke(serial);
}

/* Tells the helper that the account's last session has ended, and passes that session's token, if
 * it had one. */
static void tell_logout(const struct login *login, const void *token, size_t size) {
    struct ask_reply reply;
    struct ask_request request = login_request(login, OPERATION_LOGOUT);

    request.deadline = LOGOUT_DEADLINE;
    request.input = token;
    request.input_size = size;
    ask_helper(&request, &reply);
    report_logout(login, &reply);
    ask_clear(&reply);
}

void session_close(const struct login *login) {
    uint8_t *token = NULL;
    uint32_t left = 0;

    /* Read our own keyring only: the process may be in another account's session. */
    key_serial_t keyring = keyring_notes_take_planted(login->pamh);
    int size = session_key_read(keyring, &token, &left);
    size_t token_size = size > 0 ? (size_t)size : 0;

    if (keyring > 0)
        session_key_revoke(keyring);
    if (registration_end(login->pamh))
        tell_logout(login, token, token_size);
    scoped_free_wiped(token, token_size);
}
