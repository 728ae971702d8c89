/*
 * unenroll.c - the end of an account's grant: here at once, at the provider as soon as it can be
 * told (RFC 7009). A grant that could not be revoked is kept for that alone, until this is run
 * again; whose it was is kept for good, unless root says otherwise.
 */
#include <errno.h>
#include <string.h>

#include "identity.h"
#include "login.h"
#include "provider.h"
#include "store.h"

struct parting {
    struct visit *visit;
    struct store *store;
    struct store_entry *entry;
    struct record record;
};

static void parting_end(struct parting *parting) {
    store_entry_close(&parting->entry);
    store_close(&parting->store);
    record_clear(&parting->record);
}

/* The account can't log in from here on. */
static int disable(struct parting *parting, struct reason *reason) {
    struct record *record = &parting->record;
    record->enrolled = 0;
    record->last_verdict = VERDICT_NONE;
    record->judged = (struct record_moment){0};
    secret_clear(&record->grant.access);
    return store_entry_replace(parting->entry, record, reason);
}

/* Tells the provider: GRANTED when it knows; NOT_PERMITTED when it can't be told, ever. */
static enum verdict revoke(struct parting *parting, struct reason *reason) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    SCOPED_ANSWER struct http_answer answer = {0};
    const struct provider_config *provider = &parting->visit->config.provider;
    struct http_patience patience = visit_patience(parting->visit, NULL, NULL);
    const char *url = NULL;

    /* The token is nobody else's business: not of an issuer that took this one's place. */
    if (strcmp(parting->record.issuer, identity_issuer(provider)) != 0) {
        reason_set(reason, 0, "the grant is of %.200s: end it there", parting->record.issuer);
        return VERDICT_NOT_PERMITTED;
    }
    enum verdict verdict =
        provider_find(provider, PROVIDER_REVOCATION, &parting->record, &patience, &url, reason);
    if (verdict != VERDICT_GRANTED)
        return verdict;
    if (url[0] == '\0') {
        reason_set(reason, 0, "%s has no revocation endpoint: end the grant there", provider->name);
        return VERDICT_NOT_PERMITTED;
    }
    if (oauth_build_revocation(provider, &parting->record.grant.refresh, &built) < 0)
        return VERDICT_FAULT;
    struct http_request request = provider_request(url, &built);
    verdict = provider_fetch(provider, &request, &patience, &answer, reason);
    if (verdict != VERDICT_GRANTED || answer.status == 200)
        return verdict;
    reason_set(reason, 0, "revocation answered HTTP %ld", answer.status);
    return answer.status == 429 || answer.status >= 500 ? VERDICT_UNREACHABLE
                                                        : VERDICT_MISCONFIGURED;
}

/* Forgets the grant, and with `forget` whose it was; or keeps it to be revoked later. */
static int finish(struct parting *parting, bool revoked, bool forget, struct reason *reason) {
    struct record *record = &parting->record;
    if (forget)
        return store_entry_remove(parting->store, parting->entry, reason);
    if (revoked)
        record_grant_clear(&record->grant);
    record_grant_clear(&record->pending);
    record->pending_digest[0] = '\0';
    return store_entry_replace(parting->entry, record, reason);
}

static void part(struct parting *parting, bool forget) {
    struct visit *visit = parting->visit;
    struct reason reason = {""}, told = {""};
    enum verdict verdict = VERDICT_GRANTED;
    bool left = parting->record.grant.refresh.length > 0;

    int r = disable(parting, &reason);
    if (r >= 0 && left)
        verdict = revoke(parting, &told);
    else
        reason_set(&told, 0, "there was none to revoke");
    /* Forgetting waits for a provider that is down, since the token would be gone with the rest;
     * not for one that will never take it. */
    bool done = verdict == VERDICT_GRANTED || verdict == VERDICT_NOT_PERMITTED ||
                (forget && verdict == VERDICT_MISCONFIGURED);
    if (r >= 0)
        r = finish(parting, done, forget && done, &reason);
    if (r >= 0 && !done)
        reason_set(&reason, 0, "ended here, but not revoked yet (%.250s); run the same again later",
                   told.text);
    visit_conclude(visit,
                   r < 0  ? VERDICT_FAULT
                   : done ? VERDICT_GRANTED
                          : verdict,
                   r < 0 || !done ? &reason : &told);
}

static int open_locked(struct parting *parting, struct reason *reason) {
    struct visit *visit = parting->visit;
    struct store_owner owner = {visit->account.name, visit->account.uid,
                                visit->config.provider.name};
    int r = store_open(OAUTH_LOGIN_STORE, &parting->store, reason);
    if (r < 0)
        return r == -ENOENT ? -EIO : r;
    r = store_entry_open(parting->store, &owner, &parting->entry, reason);
    return r < 0 ? r : store_entry_lock(parting->entry, visit->deadline_ms, reason);
}

static void unenroll(struct visit *visit, bool forget) {
    __attribute__((cleanup(parting_end))) struct parting parting = {.visit = visit};
    struct reason reason = {""};
    int r = open_locked(&parting, &reason);
    if (r == -ENOENT) {
        reason_set(&reason, 0, "no grant is stored");
        visit_conclude(visit, VERDICT_NOT_ENROLLED, &reason);
        return;
    }
    if (r >= 0)
        r = store_entry_load(parting.entry, &parting.record, &reason);
    if (r >= 0) {
        part(&parting, forget);
        return;
    }
    /* A record that does not open can't be revoked, but forgotten. */
    bool broken = r == -EBADMSG || r == -EKEYREJECTED;
    if (forget && broken && finish(&parting, false, true, &reason) == 0)
        visit_conclude(visit, VERDICT_GRANTED, &reason);
    else
        visit_conclude(visit, r == -ETIMEDOUT ? VERDICT_UNREACHABLE : VERDICT_FAULT, &reason);
}

void unenroll_account(struct visit *visit) {
    unenroll(visit, false);
}

void unenroll_forget(struct visit *visit) {
    unenroll(visit, true);
}
