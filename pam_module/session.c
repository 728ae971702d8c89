/*
 * session.c - the account's access token in the session.
 */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "registration.h"
#include "report.h"
#include "ring.h"
#include "session_key.h"

static int without_key(const struct login *login, const char *why) {
    report_not_planted(login, why);
    bool required = login->options.keyring_required && !login->options.permissive;
    return required ? PAM_SESSION_ERR : PAM_SUCCESS;
}

/* Seconds that the answer's token has to live, 0 when it is not valid any more. */
static uint32_t seconds_left(const struct ask_answer *answer) {
    int64_t left = answer->expires - (int64_t) time(NULL);
    if (left <= 0 || answer->token_size == 0)
        return 0;
    return left < PROTOCOL_DURATION_MAX ? (uint32_t) left : PROTOCOL_DURATION_MAX;
}

static void explain(int error, char *ret, size_t size) {
    snprintf(ret, size, "%s%s", strerror(-error),
             error == -EDQUOT ? " (see kernel.keys.root_maxbytes and root_maxkeys in sysctl)" : "");
}

/* Plants the token; `ret` is the ring that it lies in, when that ends with this session. */
static int plant(const struct login *login, const struct ask_answer *answer, key_serial_t *ret) {
    struct session_key_ring ring;
    char why[160];
    uint32_t left = seconds_left(answer);
    if (left == 0)
        return without_key(login, "the stored access token is not valid any more");
    int r = session_key_plant(answer->provider, answer->token, answer->token_size, left, login->uid,
                              login->gid, ring_take_noted(login->pamh), &ring);
    if (r < 0) {
        explain(r, why, sizeof why);
        return without_key(login, why);
    }
    report_planted(login, ring.serial, answer);
    if (ring.ours && !ring_keep_planted(login->pamh, ring.serial)) {
        session_key_revoke(ring.serial);
        return without_key(login, "out of memory");
    }
    *ret = ring.ours ? ring.serial : 0; /* another session's: its own file has it */
    return PAM_SUCCESS;
}

/* Asks for the token and plants it. False when oauth-login has nothing to do with this account. */
static bool bring_token(const struct login *login, key_serial_t *ret_ring, int *ret_code) {
    struct ask_answer answer;
    login_ask(login, OPERATION_TOKEN, &answer);
    bool ours = answer.verdict != VERDICT_NOT_MANAGED && answer.verdict != VERDICT_NOT_ENROLLED;
    if (answer.verdict == VERDICT_GRANTED)
        *ret_code = plant(login, &answer, ret_ring);
    else if (ours || (answer.verdict == VERDICT_NOT_ENROLLED && !login->options.nouserok))
        *ret_code = without_key(login, answer.reason);
    ask_clear(&answer);
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

void session_refresh(const struct login *login) {
    struct ask_answer answer;
    char why[160];
    /* A setuid program that still has its caller's uid is in its caller's session. */
    if (login->options.no_keyring || geteuid() != 0 || getuid() != 0)
        return;
    key_serial_t ring = session_key_ring(login->uid);
    if (ring == 0)
        return;
    login_ask(login, OPERATION_TOKEN, &answer);
    uint32_t left = answer.verdict == VERDICT_GRANTED ? seconds_left(&answer) : 0;
    int r = left == 0
                ? 0
                : session_key_replace(ring, answer.provider, answer.token, answer.token_size, left);
    if (r < 0) {
        explain(r, why, sizeof why);
        report_not_planted(login, why);
    }
    ask_clear(&answer);
}

void session_drop_key(pam_handle_t *pamh) {
    key_serial_t serial = ring_take_planted(pamh);
    if (serial > 0)
        session_key_revoke(serial);
}

void session_close(const struct login *login) {
    uint8_t token[PROTOCOL_TOKEN_MAX];
    uint32_t left = 0;
    /* Of our own ring only: the process may be in somebody else's session. */
    key_serial_t ring = ring_take_planted(login->pamh);
    int size = session_key_read(ring, token, sizeof token, &left);
    if (ring > 0)
        session_key_revoke(ring);
    if (registration_end(login->pamh))
        login_say_logout(login, token, size > 0 ? (size_t) size : 0);
    explicit_bzero(token, sizeof token);
}
