/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enrollment.c - how a new grant becomes an account's.
 */
#include "enrollment.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "identity.h"
#include "proof.h"
#include "provider.h"
#include "verdict.h"
#include "verdict_cache.h"

void enrollment_end(struct enrollment *enrollment) {
    stored_account_close(&enrollment->stored);
}

void enrollment_drop(struct enrollment *enrollment) {
    struct reason ignored;
    struct record *record = &enrollment->stored.record;
    record_grant_clear(&record->pending);
    record->pending_digest[0] = '\0';
    if (record->subject[0] == '\0')
        store_entry_vacate(enrollment->stored.entry, &ignored);
    else
        store_entry_replace(enrollment->stored.entry, record, &ignored);
}

/* The claims of the provider's userinfo: NO_ENDPOINT or NOT_SERVED where it has none for this
 * grant. */
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

/* Nothing says whose the grant is. [accounts] does for an import, since root vouches for what root
 * brings; nobody vouches for who approved a code. */
static enum verdict match_unproven(const struct enrollment *enrollment,
                                   char ret[RECORD_SUBJECT_SIZE], struct reason *reason) {
    const struct exchange *exchange = enrollment->exchange;
    if (exchange->request.operation == OPERATION_IMPORT)
        return identity_match_configured(&exchange->config, &exchange->account, ret, reason);
    reason_set(reason, 0,
               "%s does not say who approved: it gave neither an ID token nor userinfo (is "
               "openid in scope?); use oauth-login import",
               exchange->config.provider.name);
    return VERDICT_DENIED;
}

/* Without userinfo, the claims of the ID token say whose the grant is, else the configuration. */
static enum verdict match_without_userinfo(const struct enrollment *enrollment,
                                           struct json_object *token, char ret[RECORD_SUBJECT_SIZE],
                                           struct reason *reason) {
    const struct exchange *exchange = enrollment->exchange;
    return token ? identity_match(&exchange->config, &exchange->account, token, "sub", ret, reason)
                 : match_unproven(enrollment, ret, reason);
}

/* The subject by an ID token, whose signature is verified; by userinfo, where there is none that
 * counts, or where it lacks the claim of the account's name; by [accounts], where there is neither.
 * An ID token and userinfo must be of one subject (OpenID Connect Core section 5.3.2). */
static enum verdict find_subject(struct enrollment *enrollment, char ret[RECORD_SUBJECT_SIZE],
                                 const struct http_patience *patience, struct reason *reason) {
    const struct config *config = &enrollment->exchange->config;
    const struct account *account = &enrollment->exchange->account;
    SCOPED_JSON struct json_object *token = NULL;
    SCOPED_JSON struct json_object *userinfo = NULL;

    enum verdict verdict =
        proof_verify_id_token(&config->provider, &enrollment->stored.record,
                              &enrollment->stored.record.pending, patience, &token, reason);
    if (verdict != VERDICT_NONE && verdict != VERDICT_MISCONFIGURED)
        return verdict;
    bool enough = token && (config_subject_of(config, account->name) ||
                            json_text_at(token, config->provider.username_claim));
    if (enough)
        return identity_match(config, account, token, "sub", ret, reason);

    enum outcome outcome = find_userinfo(enrollment, patience, &userinfo, reason);
    if (outcome == OUTCOME_NO_ENDPOINT || outcome == OUTCOME_NOT_SERVED)
        return match_without_userinfo(enrollment, token, ret, reason);
    if (outcome != OUTCOME_ANSWERED)
        return verdict_of(outcome);
    verdict =
        identity_match(config, account, userinfo, config->provider.subject_claim, ret, reason);
    if (verdict != VERDICT_NONE || !token || strcmp(json_text(token, "sub"), ret) == 0)
        return verdict;
    reason_set(reason, 0, "ID token and userinfo are of different subjects");
    return VERDICT_DENIED;
}

/* Whether the subject is the one that the account is pinned to, if it is pinned. */
static enum verdict check_pin(const struct enrollment *enrollment, const char *subject,
                              struct reason *reason) {
    const struct record *record = &enrollment->stored.record;
    const char *issuer = provider_issuer(&enrollment->exchange->config.provider);
    if (record->subject[0] == '\0' ||
        (strcmp(record->subject, subject) == 0 && strcmp(record->issuer, issuer) == 0))
        return VERDICT_NONE;
    reason_set(reason, 0,
               "%s is pinned to %.90s of %.90s, and this grant is of %.90s of %.90s; if that is as "
               "it should be, run: oauth-login unenroll %s --forget",
               enrollment->exchange->account.name, record->subject, record->issuer, subject, issuer,
               enrollment->exchange->account.name);
    return VERDICT_DENIED;
}

enum verdict enrollment_prove(struct enrollment *enrollment, const struct http_patience *patience,
                              char ret_subject[RECORD_SUBJECT_SIZE]) {
    struct reason reason = {""};
    enum verdict verdict = find_subject(enrollment, ret_subject, patience, &reason);
    if (verdict == VERDICT_NONE)
        verdict = check_pin(enrollment, ret_subject, &reason);
    const struct provider_config *provider = &enrollment->exchange->config.provider;
    struct record *record = &enrollment->stored.record;
    if (verdict == VERDICT_NONE)
        verdict = proof_check_answer(provider, record, &record->pending, ret_subject, &reason);
    if (verdict == VERDICT_NONE)
        verdict =
            proof_check_live(provider, record, &record->pending, ret_subject, patience, &reason);
    return exchange_object(enrollment->exchange, verdict, &reason);
}

void enrollment_finish(struct enrollment *enrollment, const char *subject) {
    struct record *record = &enrollment->stored.record;
    const struct provider_config *provider = &enrollment->exchange->config.provider;
    struct reason reason = {""};

    record_grant_clear(&record->grant);
    record->grant = record->pending;
    record->pending = (struct record_grant){.expires = 0};
    strcpy(record->imported_digest, record->pending_digest);
    record->pending_digest[0] = '\0';
    strcpy(record->subject, subject);
    snprintf(record->issuer, sizeof record->issuer, "%s", provider_issuer(provider));
    record->enrolled = clock_wall();
    verdict_cache_store_yes(record, provider);
    if (store_entry_replace(enrollment->stored.entry, record, &reason) < 0) {
        exchange_conclude(enrollment->exchange, VERDICT_FAULT, &reason);
        return;
    }
    enrollment->exchange->reply.expires = record->grant.expires;
    exchange_conclude_yes(enrollment->exchange, &reason);
}
