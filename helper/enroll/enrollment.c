/*
 * enrolment.c - how a new grant becomes an account's.
 */
#include "enrollment.h"

#include <stdio.h>
#include <string.h>

#include "verdict_cache.h"
#include "identity.h"
#include "clock.h"
#include "proof.h"
#include "provider.h"

void enrolment_end(struct enrolment *enrolment) {
    place_close(&enrolment->place);
}

void enrolment_drop(struct enrolment *enrolment) {
    struct reason ignored;
    struct record *record = &enrolment->place.record;
    record_grant_clear(&record->pending);
    record->pending_digest[0] = '\0';
    if (record->subject[0] == '\0')
        store_entry_vacate(enrolment->place.entry, &ignored);
    else
        store_entry_replace(enrolment->place.entry, record, &ignored);
}

/* The claims of the provider's userinfo: NOT_PERMITTED where it has none for this grant. */
static enum verdict fetch_userinfo(struct enrolment *enrolment,
                                   const struct http_patience *patience,
                                   struct json_object **ret_claims, struct reason *reason) {
    const struct provider_config *provider = &enrolment->visit->config.provider;
    const char *url = NULL;
    enum verdict verdict = provider_find(provider, PROVIDER_USERINFO, &enrolment->place.record,
                                         patience, &url, reason);
    if (verdict != VERDICT_GRANTED)
        return verdict;
    return url[0] == '\0'
               ? VERDICT_NOT_PERMITTED
               : provider_fetch_userinfo(provider, url, &enrolment->place.record.pending.access,
                                         patience, ret_claims, reason);
}

/* Nothing says whose the grant is. [accounts] does for an import, since root vouches for what root
 * brings; nobody vouches for who approved a code. */
static enum verdict match_unproven(const struct enrolment *enrolment, char ret[RECORD_SUBJECT_SIZE],
                                   struct reason *reason) {
    const struct visit *visit = enrolment->visit;
    if (visit->question.operation == OPERATION_IMPORT)
        return identity_match_configured(&visit->config, &visit->account, ret, reason);
    reason_set(reason, 0,
               "%s does not say who approved: it gave neither an ID token nor userinfo (is "
               "openid in scope?); use oauth-login import",
               visit->config.provider.name);
    return VERDICT_DENIED;
}

/* The subject by an ID token, whose signature is verified; by userinfo, where there is none that
 * counts, or where it lacks the claim of the account's name; by [accounts], where there is neither.
 * An ID token and userinfo must be of one subject (OpenID Connect Core section 5.3.2). */
static enum verdict find_subject(struct enrolment *enrolment, char ret[RECORD_SUBJECT_SIZE],
                                 const struct http_patience *patience, struct reason *reason) {
    const struct config *config = &enrolment->visit->config;
    const struct account *account = &enrolment->visit->account;
    SCOPED_JSON struct json_object *token = NULL;
    SCOPED_JSON struct json_object *userinfo = NULL;

    enum verdict verdict =
        proof_verify_id_token(&config->provider, &enrolment->place.record,
                              &enrolment->place.record.pending, patience, &token, reason);
    if (verdict != VERDICT_GRANTED && verdict != VERDICT_NOT_PERMITTED &&
        verdict != VERDICT_MISCONFIGURED)
        return verdict;
    bool enough = token && (config_subject_of(config, account->name) ||
                            json_text_at(token, config->provider.username_claim));
    if (enough)
        return identity_match(config, account, token, "sub", ret, reason);
    verdict = fetch_userinfo(enrolment, patience, &userinfo, reason);
    if (verdict == VERDICT_NOT_PERMITTED && token)
        return identity_match(config, account, token, "sub", ret, reason);
    if (verdict == VERDICT_NOT_PERMITTED)
        return match_unproven(enrolment, ret, reason);
    if (verdict != VERDICT_GRANTED)
        return verdict;
    verdict =
        identity_match(config, account, userinfo, config->provider.subject_claim, ret, reason);
    if (verdict != VERDICT_GRANTED || !token || strcmp(json_text(token, "sub"), ret) == 0)
        return verdict;
    reason_set(reason, 0, "ID token and userinfo are of different subjects");
    return VERDICT_DENIED;
}

/* Whether the subject is the one that the account is pinned to, if it is pinned. */
static enum verdict check_pin(const struct enrolment *enrolment, const char *subject,
                              struct reason *reason) {
    const struct record *record = &enrolment->place.record;
    const char *issuer = identity_issuer(&enrolment->visit->config.provider);
    if (record->subject[0] == '\0' ||
        (strcmp(record->subject, subject) == 0 && strcmp(record->issuer, issuer) == 0))
        return VERDICT_GRANTED;
    reason_set(reason, 0,
               "%s is pinned to %.90s of %.90s, and this grant is of %.90s of %.90s; if that is as "
               "it should be, run: oauth-login unenroll %s --forget",
               enrolment->visit->account.name, record->subject, record->issuer, subject, issuer,
               enrolment->visit->account.name);
    return VERDICT_DENIED;
}

enum verdict enrolment_prove(struct enrolment *enrolment, const struct http_patience *patience,
                             char ret_subject[RECORD_SUBJECT_SIZE]) {
    struct reason reason = {""};
    enum verdict verdict = find_subject(enrolment, ret_subject, patience, &reason);
    if (verdict == VERDICT_GRANTED)
        verdict = check_pin(enrolment, ret_subject, &reason);
    const struct provider_config *provider = &enrolment->visit->config.provider;
    struct record *record = &enrolment->place.record;
    if (verdict == VERDICT_GRANTED)
        verdict = proof_check_answer(provider, record, &record->pending, ret_subject, &reason);
    if (verdict == VERDICT_GRANTED)
        verdict =
            proof_check_live(provider, record, &record->pending, ret_subject, patience, &reason);
    return visit_conclude(enrolment->visit, verdict, &reason);
}

enum verdict enrolment_finish(struct enrolment *enrolment, const char *subject) {
    struct record *record = &enrolment->place.record;
    const struct provider_config *provider = &enrolment->visit->config.provider;
    struct reason reason = {""};

    record_grant_clear(&record->grant);
    record->grant = record->pending;
    record->pending = (struct record_grant){.expires = 0};
    strcpy(record->imported_digest, record->pending_digest);
    record->pending_digest[0] = '\0';
    strcpy(record->subject, subject);
    snprintf(record->issuer, sizeof record->issuer, "%s", identity_issuer(provider));
    record->enrolled = moment_wall();
    earlier_note(record, provider, VERDICT_GRANTED, &reason);
    if (store_entry_replace(enrolment->place.entry, record, &reason) < 0)
        return visit_conclude(enrolment->visit, VERDICT_FAULT, &reason);
    enrolment->visit->answer.expires = record->grant.expires;
    return VERDICT_GRANTED;
}
