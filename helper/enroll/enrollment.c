/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enrollment.c - turns a pending grant into the account's own.
 */
#include "enrollment.h"

#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "identity.h"
#include "proof.h"
#include "provider.h"
#include "text.h"
#include "verdict.h"
#include "verdict_cache.h"

void enrollment_clear(struct enrollment *enrollment) {
    stored_account_close(&enrollment->stored);
}

void enrollment_abandon(struct enrollment *enrollment) {
    struct reason ignored;
    struct record *record = &enrollment->stored.record;

    record_grant_clear(&record->pending);
    record->pending_digest[0] = '\0';
    if (record->subject[0] == '\0')
        store_entry_vacate(enrollment->stored.entry, &ignored);
    else
        store_entry_replace(enrollment->stored.entry, record, &ignored);
}

/* Fetches the claims of the provider's userinfo. NO_ENDPOINT or NOT_SERVED when it has none for
 * this grant. */
static enum outcome find_userinfo(struct enrollment *enrollment,
                                  const struct http_patience *patience,
                                  struct json_object **ret_claims, struct reason *reason) {
    const struct provider_config *provider = &enrollment->exchange->config.provider;
    struct record *record = &enrollment->stored.record;
    const char *url = NULL;
    enum outcome outcome =
        provider_find(provider, PROVIDER_USERINFO, record, patience, &url, reason);
    if (outcome != OUTCOME_ANSWERED)
        return outcome;
    return url[0] == '\0' ? OUTCOME_NO_ENDPOINT
                          : fetch_userinfo(provider, url, &record->pending.access, patience,
                                           ret_claims, reason);
}

/* Matches a grant when the provider does not say who owns it. For an import, [accounts] decides,
 * since root vouches for the token that root supplies. An enrollment is refused: nobody vouches for
 * the user who approved it. */
static enum verdict match_unproven(const struct enrollment *enrollment,
                                   char ret[RECORD_SUBJECT_SIZE], struct reason *reason) {
    const struct exchange *exchange = enrollment->exchange;

    if (exchange->request.operation == OPERATION_IMPORT)
        return identity_match_configured(&exchange->config, &exchange->account, ret, reason);
    reason_set(reason, 0,
               "%s does not say who approved: it sent neither an ID token nor userinfo (is "
               "openid in scope?); use oauth-login import",
               exchange->config.provider.name);
    return VERDICT_DENIED;
}

/* Without userinfo, the ID token's claims say who owns the grant. If there is neither, see
 * match_unproven(). */
static enum verdict match_without_userinfo(const struct enrollment *enrollment,
                                           struct json_object *id_claims,
                                           char ret[RECORD_SUBJECT_SIZE], struct reason *reason) {
    const struct exchange *exchange = enrollment->exchange;

    if (!id_claims)
        return match_unproven(enrollment, ret, reason);
    return identity_match(&exchange->config, &exchange->account, id_claims, "sub", ret, reason);
}

/* Finds the grant's subject and matches it with the account. The subject comes from the ID token,
 * once its signature is verified; from userinfo, if there is no valid ID token, or the ID token
 * lacks username_claim; from [accounts], if there is neither. ID token and userinfo must be about
 * the same subject (OpenID Connect Core section 5.3.2). */
static enum verdict find_subject(struct enrollment *enrollment, char ret[RECORD_SUBJECT_SIZE],
                                 const struct http_patience *patience, struct reason *reason) {
    const struct config *config = &enrollment->exchange->config;
    const struct account *account = &enrollment->exchange->account;
    SCOPED_JSON struct json_object *id_claims = NULL;
    SCOPED_JSON struct json_object *userinfo = NULL;

    enum verdict verdict =
        proof_verify_id_token(&config->provider, &enrollment->stored.record,
                              &enrollment->stored.record.pending, patience, &id_claims, reason);
    if (verdict != VERDICT_NONE && verdict != VERDICT_MISCONFIGURED)
        return verdict;
    bool enough = id_claims && (config_subject_of(config, account->name) ||
                                json_text_at(id_claims, config->provider.username_claim));
    if (enough)
        return identity_match(config, account, id_claims, "sub", ret, reason);

    enum outcome outcome = find_userinfo(enrollment, patience, &userinfo, reason);
    if (outcome == OUTCOME_NO_ENDPOINT || outcome == OUTCOME_NOT_SERVED)
        return match_without_userinfo(enrollment, id_claims, ret, reason);
    if (outcome != OUTCOME_ANSWERED)
        return verdict_of(outcome);

    verdict =
        identity_match(config, account, userinfo, config->provider.subject_claim, ret, reason);
    if (verdict != VERDICT_NONE || !id_claims || strcmp(json_text(id_claims, "sub"), ret) == 0)
        return verdict;
    reason_set(reason, 0, "the ID token and userinfo are about different subjects");
    return VERDICT_DENIED;
}

/* Checks that the subject is the one that the account is pinned to, if it is pinned. */
static enum verdict check_pin(const struct enrollment *enrollment, const char *subject,
                              struct reason *reason) {
    const struct record *record = &enrollment->stored.record;
    const char *issuer = provider_identity(&enrollment->exchange->config.provider);

    if (record->subject[0] == '\0' ||
        (strcmp(record->subject, subject) == 0 && strcmp(record->issuer, issuer) == 0))
        return VERDICT_NONE;
    reason_set(reason, 0,
               "%s is pinned to %.90s of %.90s, but this grant belongs to %.90s of %.90s; if the "
               "new one is right, run: oauth-login unenroll %s --forget",
               enrollment->exchange->account.name, record->subject, record->issuer, subject, issuer,
               enrollment->exchange->account.name);
    return VERDICT_DENIED;
}

enum verdict enrollment_prove(struct enrollment *enrollment, const struct http_patience *patience,
                              char ret_subject[RECORD_SUBJECT_SIZE]) {
    const struct provider_config *provider = &enrollment->exchange->config.provider;
    struct record *record = &enrollment->stored.record;
    struct reason reason = {""};
    enum verdict verdict = find_subject(enrollment, ret_subject, patience, &reason);

    if (verdict == VERDICT_NONE)
        verdict = check_pin(enrollment, ret_subject, &reason);
    if (verdict == VERDICT_NONE)
        verdict = proof_check_answer(provider, record, &record->pending, ret_subject, &reason);
    if (verdict == VERDICT_NONE)
        verdict =
            proof_check_live(provider, record, &record->pending, ret_subject, patience, &reason);
    return exchange_conclude_unless_none(enrollment->exchange, verdict, &reason);
}

void enrollment_commit(struct enrollment *enrollment, const char subject[RECORD_SUBJECT_SIZE]) {
    struct record *record = &enrollment->stored.record;
    const struct provider_config *provider = &enrollment->exchange->config.provider;
    struct reason reason = {""};

    record_grant_clear(&record->grant);
    record->grant = record->pending;
    record->pending = (struct record_grant){.expires = 0};

    _Static_assert(sizeof record->imported_digest == sizeof record->pending_digest,
                   "every digest can be copied");
    text_copy(record->imported_digest, sizeof record->imported_digest, record->pending_digest);
    record->pending_digest[0] = '\0';
    _Static_assert(sizeof record->subject == RECORD_SUBJECT_SIZE, "every subject can be copied");
    text_copy(record->subject, sizeof record->subject, subject);
    provider_copy_identity(provider, record->issuer);
    record->enrolled = clock_wall();
    verdict_cache_store_yes(record, provider);

    if (store_entry_replace(enrollment->stored.entry, record, &reason) < 0) {
        exchange_conclude(enrollment->exchange, VERDICT_FAULT, &reason);
        return;
    }
    enrollment->exchange->reply.expires = record->grant.expires;
    exchange_conclude_yes(enrollment->exchange, &reason);
}
