/*
 * enroll.c - an account gets its grant from the person: by device authorization.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "enrolment.h"
#include "identity.h"
#include "login.h"
#include "moment.h"
#include "preset.h"
#include "provider.h"
#include "renewal.h"
#include "revocation.h"

enum { ENROLL_REVOCATION_MS = 10000 };

/* The two endpoints, into a record of nobody's: an account has none before it is enrolled. */
static enum verdict find_endpoints(const struct visit *visit, struct record *scratch,
                                   const char **ret_device, const char **ret_token,
                                   struct reason *reason) {
    const struct provider_config *provider = &visit->config.provider;
    struct http_patience patience = visit_patience(visit, NULL, NULL);
    enum verdict verdict =
        provider_find(provider, PROVIDER_DEVICE, scratch, &patience, ret_device, reason);
    if (verdict == VERDICT_GRANTED)
        verdict = provider_find(provider, PROVIDER_TOKEN, scratch, &patience, ret_token, reason);
    if (verdict != VERDICT_GRANTED || (*ret_device)[0] != '\0')
        return verdict;
    reason_set(reason, 0,
               "%s has no device authorization: set device_authorization_endpoint, or "
               "bring a refresh token by oauth-login import",
               provider->name);
    return VERDICT_MISCONFIGURED;
}

/* Shows the code and waits for the person's decision. */
static enum verdict obtain(struct visit *visit, struct oauth_answer *ret) {
    SCOPED_DEVICE struct device device = {.interval = 0};
    SCOPED_RECORD struct record scratch = {0};
    const struct provider_config *provider = &visit->config.provider;
    struct http_patience patience = visit_patience(visit, NULL, NULL);
    struct reason reason = {""};
    const char *device_url = NULL, *token_url = NULL;

    enum verdict verdict = find_endpoints(visit, &scratch, &device_url, &token_url, &reason);
    if (verdict == VERDICT_GRANTED)
        verdict = device_begin(provider, device_url, &patience, &device, &reason);
    if (verdict != VERDICT_GRANTED)
        return visit_conclude(visit, verdict, &reason);
    peer_send_prompt(&visit->peer, &device.prompt);
    device_poll(provider, token_url, &device, &visit->peer, ret);
    return visit_conclude(visit, ret->verdict, &ret->reason);
}

static int take_tokens(const struct provider_config *provider, struct record *record,
                       struct oauth_answer *tokens) {
    record_grant_clear(&record->pending);
    record->pending_digest[0] = '\0';
    snprintf(record->pending_issuer, sizeof record->pending_issuer, "%s",
             identity_issuer(provider));
    record->pending.expires = moment_wall() + tokens->expires_in;
    /* Who says nothing has granted what was asked for: RFC 6749 section 5.1. */
    snprintf(record->pending.scope, sizeof record->pending.scope, "%s",
             tokens->scope[0] != '\0' ? tokens->scope : provider->scope);
    if (tokens->id_token.length > 0 && secret_set(&record->pending.id_token, tokens->id_token.data,
                                                  tokens->id_token.length, PROTOCOL_TOKEN_MAX) < 0)
        return -ENOMEM;
    int r = secret_set(&record->pending.refresh, tokens->refresh.data, tokens->refresh.length,
                       PROTOCOL_TOKEN_MAX);
    return r < 0 ? r
                 : secret_set(&record->pending.access, tokens->access.data, tokens->access.length,
                              PROTOCOL_TOKEN_MAX);
}

/* A grant that nobody will use is ended at the provider, if that takes it: the person's consent
 * must not live on unseen. Other logins of the account need not wait for that. */
static void give_back(struct visit *visit, struct place *place, const struct secret *refresh,
                      int64_t until_ms) {
    struct reason ignored = {""};
    int64_t soon = moment_boot_ms() + ENROLL_REVOCATION_MS;
    int64_t end = soon < until_ms ? soon : until_ms;
    struct http_patience patience = {.deadline_ms = end, .linger_ms = end};
    const struct provider_config *provider = &visit->config.provider;
    if (place->entry)
        store_entry_unlock(place->entry);
    revocation_send(provider, &place->record, refresh, identity_issuer(provider), &patience,
                    &ignored);
}

/* Stores the grant as pending, then proves whose it is. A renewal of the account that is on its way
 * is waited for: the person has approved, and would have to do it again. */
static void keep(struct visit *visit, struct oauth_answer *tokens) {
    SCOPED_ENROLMENT struct enrolment enrolment = {.visit = visit};
    struct reason reason = {""};
    char subject[RECORD_SUBJECT_SIZE] = "";
    int64_t until = moment_boot_ms() + RENEWAL_LINGER_MS;
    struct http_patience patience = {.deadline_ms = until, .linger_ms = until};

    int r = take_tokens(&visit->config.provider, &enrolment.place.record, tokens);
    if (r >= 0)
        r = place_open(visit, PLACE_MADE, until, &enrolment.place, &reason);
    if (r >= 0 && enrolment.place.record.pending_digest[0] != '\0')
        r = reason_set(&reason, -EBUSY,
                       "an import of %s is not finished: run it again, or "
                       "oauth-login unenroll %s first",
                       visit->account.name, visit->account.name);
    if (r >= 0)
        r = take_tokens(&visit->config.provider, &enrolment.place.record, tokens);
    if (r >= 0)
        r = store_entry_replace(enrolment.place.entry, &enrolment.place.record, &reason);
    if (r < 0) {
        visit_conclude(visit, r == -ETIMEDOUT ? VERDICT_UNREACHABLE : VERDICT_FAULT, &reason);
        give_back(visit, &enrolment.place, &tokens->refresh, until);
        return;
    }
    enum verdict verdict = enrolment_prove(&enrolment, &patience, subject);
    if (verdict == VERDICT_GRANTED) {
        enrolment_finish(&enrolment, subject);
        return;
    }
    enrolment_drop(&enrolment); /* the person can approve again, with nothing used up */
    give_back(visit, &enrolment.place, &tokens->refresh, until);
}

void enroll_by_device(struct visit *visit) {
    SCOPED_OAUTH_ANSWER struct oauth_answer tokens = {0};
    struct reason reason = {""};
    visit->answer.source = SOURCE_DEVICE;
    if (obtain(visit, &tokens) != VERDICT_GRANTED)
        return;
    if (tokens.refresh.length > 0) {
        keep(visit, &tokens);
        return;
    }
    reason_set(&reason, 0, "%s gave no refresh token: %s", visit->config.provider.name,
               preset_find(visit->config.provider.preset)->renewal_mend);
    visit_conclude(visit, VERDICT_MISCONFIGURED, &reason);
}
