/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decision.c - the steps of deciding about an enrolled account.
 */
#include "decision.h"

#include <errno.h>

#include "clock.h"
#include "identity.h"
#include "proof.h"
#include "renewal.h"
#include "reply.h"
#include "text.h"
#include "verdict_cache.h"

static enum verdict conclude_not_enrolled(struct exchange *exchange, bool pending) {
    struct reason reason;

    if (pending)
        reason_set(&reason, 0, "an import was not finished; run it again");
    else
        reason_set(&reason, 0, "no grant is stored; run: oauth-login enroll %s, or import",
                   exchange->account.name);
    return exchange_conclude(exchange, VERDICT_NOT_ENROLLED, &reason);
}

/* Checks that the account is managed. NONE if so, else the concluded verdict. */
static enum verdict check_managed(struct exchange *exchange) {
    struct reason reason = {""};
    int managed = account_is_managed(&exchange->account, &exchange->config.login, &reason);

    if (managed > 0)
        return VERDICT_NONE;
    if (managed == 0)
        return exchange_conclude(exchange, VERDICT_NOT_MANAGED, &reason);
    return exchange_conclude(exchange, managed == -EINVAL ? VERDICT_MISCONFIGURED : VERDICT_FAULT,
                             &reason);
}

void decision_consider_grace(struct exchange *exchange, const struct record *record) {
    if (exchange->reply.verdict != VERDICT_UNREACHABLE ||
        !verdict_cache_grace(record, &exchange->config, &exchange->reply.grace_until))
        return;

    exchange->reply.source = SOURCE_GRACE;
    exchange->reply.last_granted = record->last_granted;
    exchange_conclude(exchange, VERDICT_GRANTED_OFFLINE, &exchange->reply.reason);
}

/* Checks that the issuer and subject that were pinned at enrollment still fit the configuration.
 * NONE if so, else the concluded verdict. */
static enum verdict check_pin(struct exchange *exchange, const struct record *record) {
    struct reason reason = {""};
    enum verdict verdict =
        identity_check_pin(&exchange->config, &exchange->account, record, &reason);
    return exchange_conclude_unless_none(exchange, verdict, &reason);
}

/* Concludes the exchange after the lock was not released in time: another login is still waiting
 * for the provider. */
static enum verdict conclude_waited(struct exchange *exchange, struct store_entry *entry,
                                    const struct reason *reason) {
    SCOPED_RECORD struct record record = {0};
    struct reason ignored;

    exchange_conclude(exchange, VERDICT_UNREACHABLE, reason);
    if (store_entry_load(entry, &record, &ignored) == 0 && record.enrolled != 0 &&
        check_pin(exchange, &record) == VERDICT_NONE)
        decision_consider_grace(exchange, &record);
    return exchange->reply.verdict;
}

enum verdict decision_open(struct exchange *exchange, enum stored_account_mode mode,
                           struct stored_account *ret) {
    struct reason reason = {""};
    enum verdict verdict = check_managed(exchange);

    if (verdict != VERDICT_NONE)
        return verdict;

    int r = stored_account_open(exchange, mode, exchange->deadline_ms, ret, &reason);
    if (r == -ENOENT)
        return conclude_not_enrolled(exchange, false);
    if (r == -ETIMEDOUT && ret->entry)
        return conclude_waited(exchange, ret->entry, &reason);
    if (r < 0)
        return exchange_conclude(exchange, VERDICT_FAULT, &reason);

    if (ret->record.enrolled == 0)
        return conclude_not_enrolled(exchange, ret->record.pending_digest[0] != '\0');
    return check_pin(exchange, &ret->record);
}

struct waiting {
    struct exchange *exchange;
    const struct record *record;
};

/* Replies at the caller's deadline; the renewal continues. */
static void reply_late(void *context) {
    const struct waiting *waiting = context;

    exchange_conclude_late(waiting->exchange);
    decision_consider_grace(waiting->exchange, waiting->record);
    reply_send(waiting->exchange);
}

/* Checks proof that the account of the renewed grant is active and meets the policy, and notes the
 * verdict. NONE when nothing speaks against the account. */
static enum verdict prove(struct stored_account *stored, struct renewal *renewal) {
    struct reason reason = {""};
    struct record *record = &stored->record;
    enum verdict verdict = proof_check_live(renewal->provider, record, &record->grant,
                                            record->subject, &renewal->patience, &renewal->reason);

    if (verdict == VERDICT_NONE) {
        verdict_cache_store_yes(record, renewal->provider);
    } else {
        record->grant.expires = 0; /* never hand out the token that the renewal brought */
        verdict_cache_store(record, renewal->provider, verdict, &renewal->reason);
    }
    if (store_entry_replace(stored->entry, record, &reason) == 0)
        return verdict;
    renewal->reason = reason;
    return VERDICT_FAULT;
}

void decision_ask(struct exchange *exchange, struct stored_account *stored) {
    struct reason reason = {""};
    enum verdict verdict = verdict_cache_lookup(&stored->record, &exchange->config, &reason);

    if (verdict != VERDICT_NONE) {
        exchange->reply.source = SOURCE_SHARED;
        exchange_conclude(exchange, verdict, &reason);
        return;
    }

    struct waiting waiting = {exchange, &stored->record};
    struct renewal renewal = {
        .provider = &exchange->config.provider,
        .entry = stored->entry,
        .record = &stored->record,
        .grant = &stored->record.grant,
        .proof_follows = proof_is_needed(&exchange->config.provider),
        .patience = exchange_patience(exchange, reply_late, &waiting),
    };

    exchange->reply.source = SOURCE_REFRESH;
    verdict = renewal_run(&renewal);
    exchange->reply.rotated = renewal.rotated;
    if (verdict == VERDICT_NONE && renewal.proof_follows)
        verdict = prove(stored, &renewal);
    if (exchange_conclude_unless_none(exchange, verdict, &renewal.reason) == VERDICT_NONE)
        exchange_conclude_yes(exchange, &renewal.reason);
}

bool decision_hand_over(struct exchange *exchange, struct record *record) {
    struct reason none = {""};

    exchange->reply.expires = record->grant.expires;
    if (!verdict_cache_has_yes(record) || record->grant.expires <= clock_wall())
        return false;

    secret_move(&exchange->reply.token, &record->grant.access);
    _Static_assert(sizeof exchange->reply.scope >= sizeof record->grant.scope,
                   "every scope can be copied");
    text_copy(exchange->reply.scope, sizeof exchange->reply.scope, record->grant.scope);
    exchange_conclude_yes(exchange, &none);
    return true;
}
