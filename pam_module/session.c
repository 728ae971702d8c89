/*
 * session.c - the account's access token in the session.
 */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report.h"
#include "ring.h"
#include "session_key.h"

static int without_key(const struct login *login, const char *why) {
    report_not_planted(login, why);
    bool required = login->options.keyring_required && !login->options.permissive;
    return required ? PAM_SESSION_ERR : PAM_SUCCESS;
}

static int plant(const struct login *login, const struct ask_answer *answer) {
    struct session_key_ring ring;
    char why[160];
    int64_t now = (int64_t) time(NULL);
    if (answer->expires <= now || answer->token_size == 0)
        return without_key(login, "the stored access token is not valid any more");
    int64_t left = answer->expires - now;
    left = left < PROTOCOL_DURATION_MAX ? left : PROTOCOL_DURATION_MAX;
    int r = session_key_plant(answer->provider, answer->token, answer->token_size, (uint32_t) left,
                              login->uid, login->gid, ring_take_noted(login->pamh), &ring);
    if (r < 0) {
        snprintf(why, sizeof why, "%s%s", strerror(-r),
                 r == -EDQUOT ? " (see kernel.keys.root_maxbytes and root_maxkeys in sysctl)" : "");
        return without_key(login, why);
    }
    report_planted(login, ring.serial, answer);
    if (ring.ours && !ring_keep_planted(login->pamh, ring.serial)) {
        session_key_revoke(ring.serial);
        return without_key(login, "out of memory");
    }
    return PAM_SUCCESS;
}

int session_open(const struct login *login) {
    struct ask_answer answer;
    if (login->options.no_keyring)
        return PAM_SUCCESS;
    if (geteuid() != 0)
        return without_key(login, "the session is not opened by root");
    login_ask(login, OPERATION_TOKEN, &answer);
    int r = PAM_SUCCESS;
    if (answer.verdict == VERDICT_GRANTED)
        r = plant(login, &answer);
    else if (answer.verdict != VERDICT_NOT_MANAGED &&
             !(answer.verdict == VERDICT_NOT_ENROLLED && login->options.nouserok))
        r = without_key(login, answer.reason);
    ask_clear(&answer);
    return r;
}

void session_close(pam_handle_t *pamh) {
    key_serial_t serial = ring_take_planted(pamh);
    if (serial > 0)
        session_key_revoke(serial);
}
