/*
 * unenroll.c - the end of an account's grant: here at once, at the provider as soon as it can be
 * told (RFC 7009). A grant that could not be revoked is kept for that alone, until this is run
 * again; whose it was is kept for good, unless root says otherwise.
 */
#include <errno.h>
#include <string.h>

#include "identity.h"
#include "login.h"
#include "place.h"
#include "provider.h"

/* The account can't log in from here on. */
static int disable(struct place *place, struct reason *reason) {
    struct record *record = &place->record;
    record->enrolled = 0;
    record->last_verdict = VERDICT_NONE;
    record->judged = (struct record_moment){0};
    secret_clear(&record->grant.access);
    return store_entry_replace(place->entry, record, reason);
}

/* Tells the provider: GRANTED when it knows; NOT_PERMITTED when it can't be told, ever. */
static enum verdict revoke(const struct visit *visit, struct place *place, struct reason *reason) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    SCOPED_ANSWER struct http_answer answer = {0};
    const struct provider_config *provider = &visit->config.provider;
    struct http_patience patience = visit_patience(visit, NULL, NULL);
    const char *url = NULL;

    /* The token is nobody else's business: not of an issuer that took this one's place. */
    if (strcmp(place->record.issuer, identity_issuer(provider)) != 0) {
        reason_set(reason, 0, "the grant is of %.200s: end it there", place->record.issuer);
        return VERDICT_NOT_PERMITTED;
    }
    enum verdict verdict =
        provider_find(provider, PROVIDER_REVOCATION, &place->record, &patience, &url, reason);
    if (verdict != VERDICT_GRANTED)
        return verdict;
    if (url[0] == '\0') {
        reason_set(reason, 0, "%s has no revocation endpoint: end the grant there", provider->name);
        return VERDICT_NOT_PERMITTED;
    }
    if (oauth_build_revocation(provider, &place->record.grant.refresh, &built) < 0)
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
static int finish(struct place *place, bool revoked, bool forget, struct reason *reason) {
    struct record *record = &place->record;
    if (forget)
        return store_entry_vacate(place->entry, reason);
    if (revoked)
        record_grant_clear(&record->grant);
    record_grant_clear(&record->pending);
    record->pending_digest[0] = '\0';
    return store_entry_replace(place->entry, record, reason);
}

static void part(struct visit *visit, struct place *place, bool forget) {
    struct reason reason = {""}, told = {""};
    enum verdict verdict = VERDICT_GRANTED;
    bool left = place->record.grant.refresh.length > 0;

    int r = disable(place, &reason);
    if (r >= 0 && left)
        verdict = revoke(visit, place, &told);
    else
        reason_set(&told, 0, "there was none to revoke");
    /* Forgetting waits for a provider that is down, since the token would be gone with the rest;
     * not for one that will never take it. */
    bool done = verdict == VERDICT_GRANTED || verdict == VERDICT_NOT_PERMITTED ||
                (forget && verdict == VERDICT_MISCONFIGURED);
    if (r >= 0)
        r = finish(place, done, forget && done, &reason);
    if (r >= 0 && !done)
        reason_set(&reason, 0, "ended here, but not revoked yet (%.250s); run the same again later",
                   told.text);
    visit_conclude(visit,
                   r < 0  ? VERDICT_FAULT
                   : done ? VERDICT_GRANTED
                          : verdict,
                   r < 0 || !done ? &reason : &told);
}

static void unenroll(struct visit *visit, bool forget) {
    SCOPED_PLACE struct place place = {0};
    struct reason reason = {""};
    int r = place_open(visit, PLACE_LOCKED, visit->deadline_ms, &place, &reason);
    /* A record that does not open can't be revoked, but forgotten. */
    bool broken = r == -EBADMSG || r == -EKEYREJECTED;
    if (r >= 0) {
        part(visit, &place, forget);
    } else if (r == -ENOENT) {
        reason_set(&reason, 0, "no grant is stored");
        visit_conclude(visit, VERDICT_NOT_ENROLLED, &reason);
    } else if (forget && broken && place.entry && finish(&place, false, true, &reason) == 0) {
        reason_set(&reason, 0, "its record did not open, so it could not be revoked");
        visit_conclude(visit, VERDICT_GRANTED, &reason);
    } else {
        visit_conclude(visit, r == -ETIMEDOUT ? VERDICT_UNREACHABLE : VERDICT_FAULT, &reason);
    }
}

void unenroll_account(struct visit *visit) {
    unenroll(visit, false);
}

void unenroll_forget(struct visit *visit) {
    unenroll(visit, true);
}
