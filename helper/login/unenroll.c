/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unenroll.c - deletes an account's grant here at once, and revokes it at the provider, now or on a
 * later run (revocation.h). A grant that could not be revoked is kept, only to be revoked when
 * unenroll is run again. The subject that the grant belonged to is kept permanently, unless root
 * asks to forget it.
 */
#include <errno.h>
#include <stdbool.h>

#include "login.h"
#include "revocation.h"
#include "stored_account.h"
#include "verdict.h"

/* Stores that the account is not enrolled: from here on it cannot log in. */
static int disable(struct stored_account *stored, struct reason *reason) {
    struct record *record = &stored->record;

    record->enrolled = 0;
    record->last_verdict = VERDICT_NONE;
    record->judged = (struct record_time){0};
    secret_clear(&record->grant.access);
    return store_entry_replace(stored->entry, record, reason);
}

/* Whether the grant can be forgotten here after its revocation had `outcome`. If the provider is
 * down, keep the token, so that a later run can revoke it. With `forget`, also give up on a
 * provider that will never accept the revocation. */
static bool is_done(enum outcome outcome, bool forget) {
    return outcome == OUTCOME_ANSWERED || outcome == OUTCOME_NO_ENDPOINT ||
           (forget && verdict_of(outcome) == VERDICT_MISCONFIGURED);
}

/* Revokes the account's grant, and one that an unfinished import has left. Clears each grant that
 * is done, and keeps the others to be revoked later. Returns the outcome of the first grant that is
 * not done, else ANSWERED. If any grant is not done, `reason` is that of the last such grant.
 * Otherwise it is that of the last grant that was given up without being revoked, if any. */
static enum outcome revoke(const struct exchange *exchange, struct record *record, bool forget,
                           struct reason *reason) {
    const struct {
        struct record_grant *grant;
        const char *issuer;
    } left[] = {{&record->grant, record->issuer}, {&record->pending, record->pending_issuer}};
    struct http_patience patience = exchange_patience(exchange, NULL, NULL);
    enum outcome first_left = OUTCOME_ANSWERED;
    bool any = false;

    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        struct reason told = {""};
        if (left[i].grant->refresh.length == 0)
            continue;
        any = true;
        enum outcome outcome =
            revocation_send(&exchange->config.provider, record, &left[i].grant->refresh,
                            OAUTH_REFRESH_TOKEN, left[i].issuer, &patience, &told);

        bool done = is_done(outcome, forget);
        if (done)
            record_grant_clear(left[i].grant);
        else if (first_left == OUTCOME_ANSWERED)
            first_left = outcome;
        if (outcome != OUTCOME_ANSWERED && (!done || first_left == OUTCOME_ANSWERED))
            *reason = told;
    }

    if (record->pending.refresh.length == 0)
        record->pending_digest[0] = '\0';
    if (!any)
        reason_set(reason, 0, "there was no grant to revoke");
    return first_left;
}

/* Stores the record; or empties the entry, if `forget` is set or nothing is left in the record: no
 * subject was ever proven, and there is no token to revoke. */
static int finish(struct stored_account *stored, bool forget, struct reason *reason) {
    const struct record *record = &stored->record;
    bool empty = record->subject[0] == '\0' && record->grant.refresh.length == 0 &&
                 record->pending.refresh.length == 0;

    return forget || empty ? store_entry_vacate(stored->entry, reason)
                           : store_entry_replace(stored->entry, &stored->record, reason);
}

static void unenroll_stored(struct exchange *exchange, struct stored_account *stored, bool forget) {
    struct reason reason = {""}, told = {""};
    enum outcome outcome = OUTCOME_ANSWERED;

    int r = disable(stored, &reason);
    if (r >= 0)
        outcome = revoke(exchange, &stored->record, forget, &told);
    bool done = outcome == OUTCOME_ANSWERED;
    if (r >= 0)
        r = finish(stored, forget && done, &reason);

    if (r >= 0 && !done)
        reason_set(&reason, 0,
                   "ended here, but not revoked yet (%.250s); run the same command again later",
                   told.text);
    if (r < 0)
        exchange_conclude(exchange, VERDICT_FAULT, &reason);
    else if (!done)
        exchange_conclude(exchange, verdict_of(outcome), &reason);
    else
        exchange_conclude_yes(exchange, &told);
}

static void unenroll(struct exchange *exchange, bool forget) {
    SCOPED_STORED_ACCOUNT struct stored_account stored = {0};
    struct reason reason = {""};
    int r = stored_account_open(exchange, STORED_LOCKED, exchange->deadline_ms, &stored, &reason);

    /* A record that does not open can be forgotten, though its grant cannot be revoked. */
    bool broken = r == -EBADMSG || r == -EKEYREJECTED;
    if (r >= 0) {
        unenroll_stored(exchange, &stored, forget);
    } else if (r == -ENOENT) {
        reason_set(&reason, 0, "no grant is stored");
        exchange_conclude(exchange, VERDICT_NOT_ENROLLED, &reason);
    } else if (forget && broken && stored.entry && finish(&stored, true, &reason) == 0) {
        reason_set(&reason, 0, "the record did not open, so the grant could not be revoked");
        exchange_conclude_yes(exchange, &reason);
    } else {
        exchange_conclude(exchange, r == -ETIMEDOUT ? VERDICT_UNREACHABLE : VERDICT_FAULT, &reason);
    }
}

void unenroll_account(struct exchange *exchange) {
    unenroll(exchange, false);
}

void unenroll_forget(struct exchange *exchange) {
    unenroll(exchange, true);
}
