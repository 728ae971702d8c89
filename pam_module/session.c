/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.c - the account's access token in the session.
 */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "keyring_notes.h"
#include "registration.h"
#include "report.h"
#include "session_key.h"

enum { LOGOUT_DEADLINE = 3 }; /* seconds: nobody waits long to be let go */

static int without_key(const struct login *login, const char *why) {
    report_not_planted(login, why);
    bool required = login->options.keyring_required && !login->options.permissive;
    return required ? PAM_SESSION_ERR : PAM_SUCCESS;
}

static void explain(int error, char *ret, size_t size) {
    snprintf(ret, size, "%s%s", strerror(-error),
             error == -EDQUOT ? " (see kernel.keys.root_maxbytes and root_maxkeys in sysctl)" : "");
}

/* Plants the token; `ret` is the ring that it lies in, when that ends with this session. */
static int plant(const struct login *login, const struct ask_reply *reply, key_serial_t *ret) {
    struct session_key_ring ring;
    char why[160];
    uint32_t left = ask_seconds_left(reply);
    if (left == 0)
        return without_key(login, "the stored access token is not valid any more");
    int r = session_key_plant(reply->provider, reply->token, reply->token_size, left, login->uid,
                              login->gid, ring_take_noted(login->pamh), &ring);
    if (r < 0) {
        explain(r, why, sizeof why);
        return without_key(login, why);
    }
    report_planted(login, ring.serial, reply);
    if (ring.ours && !ring_keep_planted(login->pamh, ring.serial)) {
        session_key_revoke(ring.serial);
        return without_key(login, "out of memory");
    }
    *ret = ring.ours ? ring.serial : 0; /* another session's: its own file has it */
    return PAM_SUCCESS;
}

/* Whether the account line of this service may have let in who has no grant, or was not asked. */
static bool may_lack_grant(const struct login *login) {
    return login->options.nouserok || login_is_reentry(login);
}

/* Asks for the token and plants it. False when oauth-login has nothing to do with this account. */
static bool bring_token(const struct login *login, key_serial_t *ret_ring, int *ret_code) {
    struct ask_reply reply;
    login_ask(login, OPERATION_TOKEN, &reply);
    /* Who is not enrolled, but was when the account line let them in, has unenrolled since. */
    bool unenrolled = reply.verdict == VERDICT_NOT_ENROLLED && !may_lack_grant(login);
    bool ours = unenrolled ||
                (reply.verdict != VERDICT_NOT_MANAGED && reply.verdict != VERDICT_NOT_ENROLLED);
    if (reply.verdict == VERDICT_GRANTED)
        *ret_code = plant(login, &reply, ret_ring);
    else if (ours || (reply.verdict == VERDICT_NOT_ENROLLED && !login->options.nouserok))
        *ret_code = without_key(login, reply.reason);
    ask_clear(&reply);
    return ours;
}

int session_open(const struct login *login) {
    key_serial_t ring = 0;
    int code = PAM_SUCCESS;
    bool wanted = !login->options.no_keyring;
    if (geteuid() != 0)
        return wanted ? without_key(login, "the session is not opened by root") : PAM_SUCCESS;
    if (wanted && !bring_token(login, &ring, &code))
        return code;
    int r = code == PAM_SUCCESS ? registration_begin(login, ring) : 0;
    if (r < 0)
        report_not_watched(login, strerror(-r));
    return code;
}

/* Whether the session has a token that this login's configuration is about. */
static bool has_same_token(const struct login *login, const struct session_file *session) {
    const char *config = login->options.config ? login->options.config : "";
    return session->ring > 0 && strcmp(session->config, config) == 0;
}

static void replace(const struct login *login, const struct ask_reply *reply, key_serial_t ring) {
    char why[160];
    int r = session_key_replace(ring, reply->provider, reply->token, reply->token_size,
                                ask_seconds_left(reply));
    if (r < 0) {
        explain(r, why, sizeof why);
        report_not_planted(login, why);
    }
}

/* Asks once, whatever the number of sessions; without one, nobody is asked. */
static void refresh(const struct login *login, const struct session_file *sessions, int count) {
    struct ask_reply reply = {.verdict = VERDICT_NONE};
    for (int i = 0; i < count; i++) {
        if (!has_same_token(login, &sessions[i]))
            continue;
        if (reply.verdict == VERDICT_NONE)
            login_ask(login, OPERATION_TOKEN, &reply);
        if (reply.verdict == VERDICT_GRANTED && ask_seconds_left(&reply) > 0)
            replace(login, &reply, sessions[i].ring);
    }
    ask_clear(&reply);
}

void session_refresh(const struct login *login) {
    struct session_file *sessions = NULL;
    /* What a person runs has other ways to the token, and a setuid program is none of root's. */
    if (login->options.no_keyring || geteuid() != 0 || getuid() != 0)
        return;
    int count = registration_read(login->user, &sessions);
    if (count < 0 && count != -ENOENT) /* there is none yet */
        report_not_planted(login, strerror(-count));
    refresh(login, sessions, count);
    free(sessions);
}

void session_drop_key(pam_handle_t *pamh) {
    key_serial_t serial = keyring_notes_take_planted(pamh);
    if (serial > 0)
        session_key_revoke(serial);
}

/* Tells the helper that the account's last session has ended, which had this token, if any. */
static void say_logout(const struct login *login, const void *token, size_t size) {
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
    uint8_t token[PROTOCOL_TOKEN_MAX];
    uint32_t left = 0;
    /* Of our own ring only: the process may be in somebody else's session. */
    key_serial_t ring = keyring_notes_take_planted(login->pamh);
    int size = session_key_read(ring, token, sizeof token, &left);
    if (ring > 0)
        session_key_revoke(ring);
    if (registration_end(login->pamh))
        say_logout(login, token, size > 0 ? (size_t) size : 0);
    explicit_bzero(token, sizeof token);
}
