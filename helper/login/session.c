/*
 * session.c - what an open session needs after its login: a token that is valid, and an end when
 * the account has ended.
 */
#include <string.h>

#include "decision.h"
#include "login.h"
#include "clock.h"
#include "token_request.h"
#include "revocation.h"

enum {
    FRESH_LEFT = 60,  /* seconds: a token that lives no longer is renewed first */
    CHECK_AGAIN = 60, /* seconds, after an answer that says nothing of the account */
};

static bool is_fresh(const struct record *record) {
    return record->last_verdict == VERDICT_GRANTED &&
           record->grant.expires > moment_wall() + FRESH_LEFT;
}

/* NONE when the token may go where the question says, else the concluded verdict. */
static enum verdict check_host(struct visit *visit) {
    const struct secret *host = &visit->question.input;
    struct reason reason;
    if (host->length == 0 || (strlen(secret_text(host)) == host->length &&
                              config_list_has(visit->config.provider.git_hosts, secret_text(host))))
        return VERDICT_NONE;
    reason_set(&reason, 0, "this host is none of git_hosts in [provider %s]",
               visit->config.provider.name);
    return visit_conclude(visit, VERDICT_NOT_PERMITTED, &reason);
}

void session_token(struct visit *visit) {
    SCOPED_PLACE struct place place = {0};
    if (check_host(visit) != VERDICT_NONE ||
        decision_open(visit, PLACE_LOCKED, &place) != VERDICT_NONE)
        return;
    if (is_fresh(&place.record)) {
        decision_hand_over(visit, &place.record);
        return;
    }
    /* A yes may be new, and its token old; a no is the same a moment later. */
    if (place.record.last_verdict == VERDICT_GRANTED)
        visit->config.login.reuse_within = 0;
    decision_ask(visit, &place);
    if (!visit->answered)
        decision_hand_over(visit, &place.record); /* if nobody said no, the rest of its life */
}

/* What the answer means for the account's open sessions. The provider's own no ends them, or the
 * policy's, but not a grant that went down with a lost answer, which says nothing of the account.
 * So does unenroll: nobody can be asked about it any more, and people may unenroll themselves. */
static enum protocol_action find_action(const struct visit *visit, const struct record *record) {
    enum verdict verdict = visit->answer.verdict;
    bool lost = verdict == VERDICT_REAUTHORIZE && record->grant.in_flight != 0;
    bool unenrolled = verdict == VERDICT_NOT_ENROLLED && record->subject[0] != '\0';
    bool refused = verdict == VERDICT_DENIED || verdict == VERDICT_REAUTHORIZE;
    return unenrolled || (refused && !lost) ? ACTION_LOG + visit->config.login.on_revoked
                                            : ACTION_NONE;
}

/* Seconds until the sessions' next look: half the life of their token, but not too rare. */
static uint32_t next_check(const struct visit *visit) {
    uint32_t most = visit->config.login.check_sessions;
    int64_t half = (visit->answer.expires - moment_wall()) / 2;
    enum verdict verdict = visit->answer.verdict;
    if (verdict == VERDICT_UNREACHABLE || verdict == VERDICT_FAULT)
        return most < CHECK_AGAIN ? most : CHECK_AGAIN;
    if (verdict != VERDICT_GRANTED)
        return most;
    if (half < 1)
        return 1;
    return half < most ? (uint32_t) half : most;
}

void session_watch(struct visit *visit) {
    SCOPED_PLACE struct place place = {0};
    if (decision_open(visit, PLACE_LOCKED, &place) == VERDICT_NONE) {
        decision_ask(visit, &place);
        if (visit->answer.verdict == VERDICT_GRANTED)
            decision_hand_over(visit, &place.record);
    }
    if (!visit->answered)
        peer_send_session(&visit->peer, find_action(visit, &place.record), next_check(visit));
}

/* Revokes one access token; what comes of it is worse than `*worst` only when it is no GRANTED. */
static void revoke(const struct visit *visit, struct place *place, const struct secret *token,
                   enum verdict *worst, struct reason *reason) {
    struct http_patience patience = visit_patience(visit, NULL, NULL);
    if (token->length == 0)
        return;
    enum verdict verdict =
        revocation_send(&visit->config.provider, &place->record, token, OAUTH_ACCESS_TOKEN,
                        place->record.issuer, &patience, reason);
    if (verdict != VERDICT_GRANTED)
        *worst = verdict;
}

void session_logout(struct visit *visit) {
    SCOPED_PLACE struct place place = {0};
    SCOPED_SECRET struct secret stored = {0};
    struct reason reason = {""};
    enum verdict worst = VERDICT_GRANTED;
    if (!visit->config.login.revoke_on_logout) {
        visit_conclude(visit, VERDICT_GRANTED, &reason);
        return;
    }
    if (decision_open(visit, PLACE_LOCKED, &place) != VERDICT_NONE)
        return;
    /* First it counts for nothing here: no login shall be handed a token that is revoked. */
    secret_move(&stored, &place.record.grant.access);
    place.record.grant.expires = 0;
    if (store_entry_replace(place.entry, &place.record, &reason) < 0) {
        visit_conclude(visit, VERDICT_FAULT, &reason);
        return;
    }
    bool other = !secret_equal(&visit->question.input, &stored);
    revoke(visit, &place, &stored, &worst, &reason);
    if (other)
        revoke(visit, &place, &visit->question.input, &worst, &reason);
    visit_conclude(visit, worst, &reason);
}
