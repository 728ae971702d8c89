/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unenroll.c - the end of an account's grant: here at once, at the provider as soon as it can be
 * told (revocation.h). A grant that could not be revoked is kept for that alone, until this is run
 * again; whose it was is kept for good, unless root says otherwise.
 */
#include <errno.h>
#include <string.h>

#include "login.h"
#include "revocation.h"
#include "stored_account.h"
#include "verdict.h"

/* The account can't log in from here on. */
static int disable(struct stored_account *stored, struct reason *reason) {
    struct record *record = &stored->record;
    record->enrolled = 0;
    record->last_verdict = VERDICT_NONE;
    record->judged = (struct record_time){0};
    secret_clear(&record->grant.access);
    return store_entry_replace(stored->entry, record, reason);
}

/* Whether a grant can be forgotten here. Forgetting waits for a provider that is down, since the
 * token would be gone with the rest; not for one that will never take it. */
static bool is_done(enum outcome outcome, bool forget) {
    return outcome == OUTCOME_ANSWERED || outcome == OUTCOME_NO_ENDPOINT ||
           (forget && verdict_of(outcome) == VERDICT_MISCONFIGURED);
}

/* Tells the provider of the account's grant, and of one that an unfinished import has left. What is
 * done is cleared; what could not be told is kept to be told later. The first that is not done, or
 * ANSWERED, with what was told about the last that had to be explained. */
static enum outcome revoke(const struct exchange *exchange, struct record *record, bool forget,
                           struct reason *reason) {
    const struct {
        struct record_grant *grant;
        const char *issuer;
    } left[] = {{&record->grant, record->issuer}, {&record->pending, record->pending_issuer}};
    struct http_patience patience = exchange_patience(exchange, NULL, NULL);
    enum outcome worst = OUTCOME_ANSWERED;
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
        else if (worst == OUTCOME_ANSWERED)
            worst = outcome;
        if (outcome != OUTCOME_ANSWERED && (!done || worst == OUTCOME_ANSWERED))
            *reason = told;
    }
    if (record->pending.refresh.length == 0)
        record->pending_digest[0] = '\0';
    if (!any)
        reason_set(reason, 0, "there was none to revoke");
    return worst;
}

/* Forgets whose the grant was too, if asked to, or if nobody ever was proven to have it. */
static int finish(struct stored_account *stored, bool forget, struct reason *reason) {
    const struct record *record = &stored->record;
    bool empty = record->subject[0] == '\0' && record->grant.refresh.length == 0 &&
                 record->pending.refresh.length == 0;
    return forget || empty ? store_entry_vacate(stored->entry, reason)
                           : store_entry_replace(stored->entry, &stored->record, reason);
}

static void part(struct exchange *exchange, struct stored_account *stored, bool forget) {
    struct reason reason = {""}, told = {""};
    enum outcome outcome = OUTCOME_ANSWERED;

    int r = disable(stored, &reason);
    if (r >= 0)
        outcome = revoke(exchange, &stored->record, forget, &told);
    bool done = outcome == OUTCOME_ANSWERED;
    if (r >= 0)
        r = finish(stored, forget && done, &reason);
    if (r >= 0 && !done)
        reason_set(&reason, 0, "ended here, but not revoked yet (%.250s); run the same again later",
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
    /* A record that does not open can't be revoked, but forgotten. */
    bool broken = r == -EBADMSG || r == -EKEYREJECTED;
    if (r >= 0) {
        part(exchange, &stored, forget);
    } else if (r == -ENOENT) {
        reason_set(&reason, 0, "no grant is stored");
        exchange_conclude(exchange, VERDICT_NOT_ENROLLED, &reason);
    } else if (forget && broken && stored.entry && finish(&stored, true, &reason) == 0) {
        reason_set(&reason, 0, "its record did not open, so it could not be revoked");
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
