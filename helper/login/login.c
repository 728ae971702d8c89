/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * login.c - decides about a login, and hands over the token that it brought.
 */
#include "login.h"

#include "decision.h"
#include "stored_account.h"

/* Appends the command that replaces a dead grant to the reason, which so far only quotes the
 * provider. */
static void append_fix(struct exchange *exchange) {
    struct reason reason;

    if (exchange->reply.verdict != VERDICT_REAUTHORIZE)
        return;
    reason_set(&reason, 0, "%.300s; run: oauth-login enroll %s", exchange->reply.reason.text,
               exchange->account.name);
    exchange_conclude(exchange, VERDICT_REAUTHORIZE, &reason);
}

void login_verify(struct exchange *exchange) {
    SCOPED_STORED_ACCOUNT struct stored_account stored = {0};

    if (decision_open(exchange, STORED_LOCKED, &stored) != VERDICT_NONE)
        return;
    decision_ask(exchange, &stored);
    append_fix(exchange);
    decision_consider_grace(exchange, &stored.record);
    exchange->reply.expires = stored.record.grant.expires;
}

void login_token(struct exchange *exchange) {
    SCOPED_STORED_ACCOUNT struct stored_account stored = {0};
    struct reason reason = {""};

    /* Do not take the lock: this session must not wait for another login of the account that is
     * waiting for the provider, and the newest record that opens is good enough. */
    if (decision_open(exchange, STORED_READ, &stored) != VERDICT_NONE)
        return;
    if (decision_hand_over(exchange, &stored.record))
        return;
    reason_set(&reason, 0, "the stored access token is no longer valid");
    exchange_conclude(exchange, VERDICT_UNREACHABLE, &reason);
}
