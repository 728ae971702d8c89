/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.c - the operations for an open session: give it a valid token, and decide whether it ends
 * because the account is closed.
 */
#include <string.h>

#include "clock.h"
#include "decision.h"
#include "login.h"
#include "revocation.h"
#include "verdict.h"
#include "verdict_cache.h"

enum {
    FRESH_LEFT = 60, /* seconds: a token with less is useless to a caller about to send a request */
    CHECK_AGAIN = 60, /* seconds, after a verdict that says nothing about the account */
};

static bool is_fresh(const struct record *record) {
    return verdict_cache_has_yes(record) && record->grant.expires > clock_wall() + FRESH_LEFT;
}

/* Checks that the token may be sent to the host that the request names, if it names one. NONE if
 * so, else the concluded verdict. */
static enum verdict check_host(struct exchange *exchange) {
    const struct secret *host = &exchange->request.input;
    struct reason reason;

    if (host->length == 0 ||
        (strlen(secret_text(host)) == host->length &&
         config_list_has(exchange->config.provider.git_hosts, secret_text(host))))
        return VERDICT_NONE;
    reason_set(&reason, 0, "the host must be one of git_hosts in [provider %s]",
               exchange->config.provider.name);
    return exchange_conclude(exchange, VERDICT_NOT_PERMITTED, &reason);
}

void session_token(struct exchange *exchange) {
    SCOPED_STORED_ACCOUNT struct stored_account stored = {0};

    if (check_host(exchange) != VERDICT_NONE ||
        decision_open(exchange, STORED_LOCKED, &stored) != VERDICT_NONE)
        return;
    if (is_fresh(&stored.record)) {
        decision_hand_over(exchange, &stored.record);
        return;
    }

    /* A cached yes does not help, since its token has too little time left. A cached refusal may be
     * shared. */
    if (verdict_cache_has_yes(&stored.record))
        exchange->config.login.reuse_within = 0;
    decision_ask(exchange, &stored);
    if (!exchange->answered)
        decision_hand_over(
            exchange, &stored.record); /* even with little time left; but not after a refusal */
}

/* Returns what to do with the account's open sessions after the verdict. A refusal by the provider
 * or the policy ends them. A grant that died with a lost response does not: that says nothing about
 * the account. Unenrolling ends them too: the provider can no longer be asked about the account,
 * and people can unenroll themselves. */
static enum protocol_action find_action(const struct exchange *exchange,
                                        const struct record *record) {
    enum verdict verdict = exchange->reply.verdict;
    bool lost = verdict == VERDICT_REAUTHORIZE && record->grant.in_flight != 0;
    bool unenrolled = verdict == VERDICT_NOT_ENROLLED && record->subject[0] != '\0';
    bool refused = verdict == VERDICT_DENIED || verdict == VERDICT_REAUTHORIZE;

    return unenrolled || (refused && !lost) ? exchange->config.login.on_revoked : ACTION_NONE;
}

/* Returns the seconds until the next check of the sessions: half of the token's remaining life, but
 * at most check_sessions. */
static uint32_t next_check(const struct exchange *exchange) {
    uint32_t most = exchange->config.login.check_sessions;
    int64_t half = (exchange->reply.expires - clock_wall()) / 2;
    enum verdict verdict = exchange->reply.verdict;

    if (verdict == VERDICT_UNREACHABLE || verdict == VERDICT_FAULT)
        return most < CHECK_AGAIN ? most : CHECK_AGAIN;
    if (!exchange_is_yes(exchange))
        return most;
    if (half < 1)
        return 1;
    return half < most ? (uint32_t)half : most;
}

void session_watch(struct exchange *exchange) {
    SCOPED_STORED_ACCOUNT struct stored_account stored = {0};

    if (decision_open(exchange, STORED_LOCKED, &stored) == VERDICT_NONE) {
        decision_ask(exchange, &stored);
        if (exchange_is_yes(exchange))
            decision_hand_over(exchange, &stored.record);
    }
    if (!exchange->answered) {
        struct session_action session = {.action = find_action(exchange, &stored.record),
                                         .check_after = next_check(exchange)};
        peer_send_session(&exchange->peer, &session);
    }
}

/* Revokes one access token, if there is one. Sets `*failed` to the outcome, unless that is
 * ANSWERED. */
static void revoke(const struct exchange *exchange, struct stored_account *stored,
                   const struct secret *token, enum outcome *failed, struct reason *reason) {
    struct http_patience patience = exchange_patience(exchange, NULL, NULL);

    if (token->length == 0)
        return;
    enum outcome outcome =
        revocation_send(&exchange->config.provider, &stored->record, token, OAUTH_ACCESS_TOKEN,
                        stored->record.issuer, &patience, reason);
    if (outcome != OUTCOME_ANSWERED)
        *failed = outcome;
}

void session_logout(struct exchange *exchange) {
    SCOPED_STORED_ACCOUNT struct stored_account stored = {0};
    SCOPED_SECRET struct secret token = {0};
    struct reason reason = {""};
    enum outcome failed = OUTCOME_ANSWERED;

    if (!exchange->config.login.revoke_on_logout) {
        exchange_conclude_yes(exchange, &reason);
        return;
    }
    if (decision_open(exchange, STORED_LOCKED, &stored) != VERDICT_NONE)
        return;

    /* Forget the token here first: no login may be given a token that is being revoked. */
    secret_move(&token, &stored.record.grant.access);
    stored.record.grant.expires = 0;
    if (store_entry_replace(stored.entry, &stored.record, &reason) < 0) {
        exchange_conclude(exchange, VERDICT_FAULT, &reason);
        return;
    }

    bool other = !secret_equal(&exchange->request.input, &token);
    revoke(exchange, &stored, &token, &failed, &reason);
    if (other)
        revoke(exchange, &stored, &exchange->request.input, &failed, &reason);
    if (exchange_conclude_unless_none(exchange, verdict_of(failed), &reason) == VERDICT_NONE)
        exchange_conclude_yes(exchange, &reason);
}
