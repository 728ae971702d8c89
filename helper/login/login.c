/*
 * login.c - the decision of a login, and the token that it brought.
 */
#include "login.h"

#include <errno.h>
#include <string.h>

#include "decision.h"
#include "verdict_cache.h"
#include "identity.h"
#include "clock.h"
#include "stored_account.h"
#include "proof.h"
#include "renewal.h"

static enum verdict conclude_not_enrolled(struct visit *visit, bool pending) {
    struct reason reason;
    if (pending)
        reason_set(&reason, 0, "an import was not finished; run it again");
    else
        reason_set(&reason, 0, "no grant is stored; run: oauth-login enroll %s, or import",
                   visit->account.name);
    return visit_conclude(visit, VERDICT_NOT_ENROLLED, &reason);
}

/* NONE when the account is managed, else the concluded verdict. */
static enum verdict check_managed(struct visit *visit) {
    struct reason reason = {""};
    int managed = account_is_managed(&visit->account, &visit->config.login, &reason);
    if (managed > 0)
        return VERDICT_NONE;
    if (managed == 0)
        return visit_conclude(visit, VERDICT_NOT_MANAGED, &reason);
    return visit_conclude(visit, managed == -EINVAL ? VERDICT_MISCONFIGURED : VERDICT_FAULT,
                          &reason);
}

static void consider_grace(struct visit *visit, const struct record *record) {
    if (visit->answer.verdict != VERDICT_UNREACHABLE ||
        !earlier_grace(record, &visit->config, &visit->answer.grace_until))
        return;
    visit->answer.source = SOURCE_GRACE;
    visit->answer.last_granted = record->last_granted;
    visit_conclude(visit, VERDICT_GRANTED_OFFLINE, &visit->answer.reason);
}

/* GRANTED when what was pinned at enrolment is what the configuration says, else concluded. */
static enum verdict check_pin(struct visit *visit, const struct record *record) {
    struct reason reason = {""};
    enum verdict verdict = identity_check_pin(&visit->config, &visit->account, record, &reason);
    return verdict == VERDICT_GRANTED ? verdict : visit_conclude(visit, verdict, &reason);
}

/* The lock was not to be had: a login before this one still waits for the provider. */
static enum verdict conclude_waited(struct visit *visit, struct store_entry *entry,
                                    const struct reason *reason) {
    SCOPED_RECORD struct record record = {0};
    struct reason ignored;
    visit_conclude(visit, VERDICT_UNREACHABLE, reason);
    if (store_entry_load(entry, &record, &ignored) == 0 && record.enrolled != 0 &&
        check_pin(visit, &record) == VERDICT_GRANTED)
        consider_grace(visit, &record);
    return visit->answer.verdict;
}

enum verdict decision_open(struct visit *visit, enum place_mode mode, struct place *ret) {
    struct reason reason = {""};
    enum verdict verdict = check_managed(visit);
    if (verdict != VERDICT_NONE)
        return verdict;
    int r = place_open(visit, mode, visit->deadline_ms, ret, &reason);
    if (r == -ENOENT)
        return conclude_not_enrolled(visit, false);
    if (r == -ETIMEDOUT && ret->entry)
        return conclude_waited(visit, ret->entry, &reason);
    if (r < 0)
        return visit_conclude(visit, VERDICT_FAULT, &reason);
    if (ret->record.enrolled == 0)
        return conclude_not_enrolled(visit, ret->record.pending_digest[0] != '\0');
    verdict = check_pin(visit, &ret->record);
    return verdict == VERDICT_GRANTED ? VERDICT_NONE : verdict;
}

/* A dead grant's reason is the provider's word; the log's reader needs the mend as well. */
static void name_mend(struct visit *visit) {
    struct reason reason;
    if (visit->answer.verdict != VERDICT_REAUTHORIZE)
        return;
    reason_set(&reason, 0, "%.300s; run: oauth-login enroll %s", visit->answer.reason.text,
               visit->account.name);
    visit_conclude(visit, VERDICT_REAUTHORIZE, &reason);
}

struct waiting {
    struct visit *visit;
    const struct record *record;
};

/* The asker waits no longer; the renewal goes on. */
static void answer_late(void *context) {
    const struct waiting *waiting = context;
    visit_conclude_late(waiting->visit);
    consider_grace(waiting->visit, waiting->record);
    visit_answer(waiting->visit);
}

/* Whether the renewed grant is of an account that is active, as policy wants it; noted. */
static enum verdict prove(struct place *place, struct renewal *renewal) {
    struct reason reason = {""};
    struct record *record = &place->record;
    enum verdict verdict = proof_check_live(renewal->provider, record, &record->grant,
                                            record->subject, &renewal->patience, &renewal->reason);
    if (verdict != VERDICT_GRANTED) /* what the renewal brought is handed to nobody */
        record->grant.expires = 0;
    earlier_note(record, renewal->provider, verdict, &renewal->reason);
    if (store_entry_replace(place->entry, record, &reason) == 0)
        return verdict;
    renewal->reason = reason;
    return VERDICT_FAULT;
}

void decision_ask(struct visit *visit, struct place *place) {
    struct reason reason = {""};
    enum verdict verdict = earlier_share(&place->record, &visit->config, &reason);
    if (verdict != VERDICT_NONE) {
        visit->answer.source = SOURCE_SHARED;
        visit_conclude(visit, verdict, &reason);
        return;
    }
    struct waiting waiting = {visit, &place->record};
    struct renewal renewal = {
        .provider = &visit->config.provider,
        .entry = place->entry,
        .record = &place->record,
        .grant = &place->record.grant,
        .proof_follows = proof_is_needed(&visit->config.provider),
        .patience = visit_patience(visit, answer_late, &waiting),
    };
    visit->answer.source = SOURCE_REFRESH;
    verdict = renewal_run(&renewal);
    visit->answer.rotated = renewal.rotated;
    if (verdict == VERDICT_GRANTED && renewal.proof_follows)
        verdict = prove(place, &renewal);
    visit_conclude(visit, verdict, &renewal.reason);
}

bool decision_hand_over(struct visit *visit, struct record *record) {
    struct reason none = {""};
    visit->answer.expires = record->grant.expires;
    if (record->last_verdict != VERDICT_GRANTED || record->grant.expires <= moment_wall())
        return false;
    secret_move(&visit->answer.token, &record->grant.access);
    strcpy(visit->answer.scope, record->grant.scope);
    visit_conclude(visit, VERDICT_GRANTED, &none);
    return true;
}

void login_verify(struct visit *visit) {
    SCOPED_PLACE struct place place = {0};
    if (decision_open(visit, PLACE_LOCKED, &place) != VERDICT_NONE)
        return;
    decision_ask(visit, &place);
    name_mend(visit);
    consider_grace(visit, &place.record);
    visit->answer.expires = place.record.grant.expires;
}

void login_token(struct visit *visit) {
    SCOPED_PLACE struct place place = {0};
    struct reason reason = {""};

    /* Without the lock: a login of the same account that waits for the provider must not keep
     * this session waiting, and the newest record that opens is good enough. */
    if (decision_open(visit, PLACE_READ, &place) != VERDICT_NONE)
        return;
    if (decision_hand_over(visit, &place.record))
        return;
    reason_set(&reason, 0, "the stored access token is not valid any more");
    visit_conclude(visit, VERDICT_UNREACHABLE, &reason);
}
