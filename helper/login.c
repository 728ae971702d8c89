/*
 * login.c - the decision of a login, and the token that it brought.
 */
#include "login.h"

#include <errno.h>
#include <string.h>

#include "earlier.h"
#include "identity.h"
#include "moment.h"
#include "renewal.h"

static enum verdict conclude_fault(struct visit *visit, const struct reason *reason) {
    return visit_conclude(visit, VERDICT_FAULT, reason);
}

static enum verdict conclude_not_enrolled(struct visit *visit, bool pending) {
    struct reason reason;
    reason_set(&reason, 0, "%s",
               pending ? "an import was not finished; run it again" : "no grant is stored");
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
        !earlier_grace(record, &visit->config.login, &visit->answer.grace_until))
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

/* The account's entry, with its record: NONE, or the concluded verdict when there is none. */
static enum verdict open_entry(struct visit *visit, struct store *store, bool lock,
                               struct store_entry **ret, struct record *ret_record) {
    struct reason reason = {""};
    struct store_owner owner = {visit->account.name, visit->account.uid,
                                visit->config.provider.name};
    int r = store_entry_open(store, &owner, ret, &reason);
    if (r >= 0 && lock)
        r = store_entry_lock(*ret, visit->deadline_ms, &reason);
    if (r >= 0)
        r = store_entry_load(*ret, ret_record, &reason);
    if (r == -ENOENT)
        return conclude_not_enrolled(visit, false);
    if (r == -ETIMEDOUT && *ret)
        return conclude_waited(visit, *ret, &reason);
    if (r < 0)
        return conclude_fault(visit, &reason);
    return ret_record->enrolled != 0
               ? VERDICT_NONE
               : conclude_not_enrolled(visit, ret_record->pending.refresh.length > 0);
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

/* An earlier login's answer, or the provider's. */
static enum verdict ask(struct visit *visit, struct store_entry *entry, struct record *record) {
    struct reason reason = {""};
    enum verdict verdict = earlier_share(record, &visit->config, &reason);
    if (verdict != VERDICT_NONE) {
        visit->answer.source = SOURCE_SHARED;
        return visit_conclude(visit, verdict, &reason);
    }
    struct waiting waiting = {visit, record};
    struct renewal renewal = {
        .provider = &visit->config.provider,
        .entry = entry,
        .record = record,
        .grant = &record->grant,
        .patience = visit_patience(visit, answer_late, &waiting),
    };
    visit->answer.source = SOURCE_REFRESH;
    verdict = renewal_run(&renewal);
    visit->answer.rotated = renewal.rotated;
    return visit_conclude(visit, verdict, &renewal.reason);
}

void login_verify(struct visit *visit) {
    SCOPED_STORE struct store *store = NULL;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    struct reason reason = {""};

    if (check_managed(visit) != VERDICT_NONE)
        return;
    if (store_open(OAUTH_LOGIN_STORE, &store, &reason) < 0) {
        conclude_fault(visit, &reason);
        return;
    }
    if (open_entry(visit, store, true, &entry, &record) != VERDICT_NONE)
        return;
    if (check_pin(visit, &record) == VERDICT_GRANTED)
        ask(visit, entry, &record);
    consider_grace(visit, &record);
    visit->answer.expires = record.grant.expires;
    store_entry_unlock(entry);
}

void login_token(struct visit *visit) {
    SCOPED_STORE struct store *store = NULL;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    struct reason reason = {""};

    if (check_managed(visit) != VERDICT_NONE)
        return;
    if (store_open(OAUTH_LOGIN_STORE, &store, &reason) < 0) {
        conclude_fault(visit, &reason);
        return;
    }
    /* Without the lock: a login of the same account that waits for the provider must not keep
     * this session waiting, and the newest record that opens is good enough. */
    if (open_entry(visit, store, false, &entry, &record) != VERDICT_NONE)
        return;
    if (check_pin(visit, &record) != VERDICT_GRANTED)
        return;
    visit->answer.expires = record.grant.expires;
    if (record.last_verdict != VERDICT_GRANTED || record.grant.expires <= moment_wall()) {
        reason_set(&reason, 0, "the stored access token is not valid any more");
        visit_conclude(visit, VERDICT_UNREACHABLE, &reason);
        return;
    }
    secret_move(&visit->answer.token, &record.grant.access);
    visit_conclude(visit, VERDICT_GRANTED, &reason);
}
