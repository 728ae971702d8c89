/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enroll.c - an account gets its grant from the person, by device authorization or by authorization
 * code: two ways of obtaining tokens, one way of enrolling with them.
 */
#include "enroll.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "authorization_code.h"
#include "clock.h"
#include "device_authorization.h"
#include "enrollment.h"
#include "identity.h"
#include "loopback.h"
#include "preset.h"
#include "provider.h"
#include "renewal.h"
#include "revocation.h"
#include "verdict.h"

enum { ENROLL_REVOCATION_MS = 10000 };

/* The token endpoint and the one that the person's approval begins at, into a record of nobody's:
 * an account has none before it is enrolled. */
static enum outcome find_endpoints(const struct exchange *exchange, enum provider_endpoint first,
                                   struct record *scratch, const char **ret_first,
                                   const char **ret_token, struct reason *reason) {
    const struct provider_config *provider = &exchange->config.provider;
    struct http_patience patience = exchange_patience(exchange, NULL, NULL);
    enum outcome outcome = provider_find(provider, first, scratch, &patience, ret_first, reason);
    if (outcome == OUTCOME_ANSWERED)
        outcome = provider_find(provider, PROVIDER_TOKEN, scratch, &patience, ret_token, reason);
    if (outcome != OUTCOME_ANSWERED || (*ret_first)[0] != '\0')
        return outcome;
    bool device = first == PROVIDER_DEVICE;
    reason_set(reason, 0,
               "%s has no %s: set %s, or enroll with%s --browser, or bring a refresh token by "
               "oauth-login import",
               provider->name, device ? "device authorization" : "authorization endpoint",
               device ? "device_authorization_endpoint" : "authorization_endpoint",
               device ? "" : "out");
    return OUTCOME_NO_ENDPOINT;
}

/* A login can't wait as long as a code lives: the service that runs it has a limit of its own. */
static void limit_time(const struct exchange *exchange, struct prompt *prompt) {
    uint32_t most = exchange->config.login.enroll_deadline;
    bool in_login = exchange->request.service[0] != '\0';
    if (in_login && prompt->seconds > most)
        prompt->seconds = most;
}

/* Shows the code and waits for the person's decision. */
static enum verdict obtain_by_device(struct exchange *exchange, struct oauth_response *ret) {
    SCOPED_DEVICE_AUTHORIZATION struct device_authorization device = {.interval = 0};
    SCOPED_RECORD struct record scratch = {0};
    const struct provider_config *provider = &exchange->config.provider;
    struct http_patience patience = exchange_patience(exchange, NULL, NULL);
    struct reason reason = {""};
    const char *device_url = NULL, *token_url = NULL;

    enum outcome outcome =
        find_endpoints(exchange, PROVIDER_DEVICE, &scratch, &device_url, &token_url, &reason);
    if (outcome == OUTCOME_ANSWERED)
        outcome = device_authorization_begin(provider, device_url, &patience, &device, &reason);
    if (outcome != OUTCOME_ANSWERED)
        return exchange_conclude(exchange, verdict_of(outcome), &reason);
    limit_time(exchange, &device.prompt);
    peer_send_prompt(&exchange->peer, &device.prompt);
    device_authorization_poll(provider, token_url, &device, &exchange->peer, ret);
    return exchange_object(exchange, verdict_of(ret->outcome), &ret->reason);
}

/* Before the first request: a port that can't be had is found before anybody is asked. */
static enum verdict listen_for_browser(struct exchange *exchange, struct loopback **ret) {
    struct reason reason;
    uint32_t port = exchange->config.provider.redirect_port;
    int r = loopback_open(port, ret);
    if (r >= 0)
        return VERDICT_NONE;
    reason_set(&reason, 0, "cannot listen at port %u of 127.0.0.1: %s%s", port, strerror(-r),
               r == -EADDRINUSE ? "; who has it, says: ss -ltnp" : "");
    return exchange_conclude(
        exchange, port != 0 && r == -EACCES ? VERDICT_MISCONFIGURED : VERDICT_FAULT, &reason);
}

/* Waits for the browser's answer, and judges it. */
static enum outcome await_browser(struct exchange *exchange, struct loopback *loopback, bool named,
                                  const struct authorization_code *browser,
                                  struct authorization_response *ret, struct reason *reason) {
    int64_t until = clock_boot_ms() + (int64_t) browser->prompt.seconds * 1000;
    int r = loopback_wait(loopback, &browser->state, &exchange->peer, until, ret);
    if (r >= 0)
        return authorization_code_judge(&exchange->config.provider, named, ret, reason);
    reason_set(reason, 0, "nobody has approved in the browser in time");
    return OUTCOME_GRANT_DEAD;
}

/* Shows the address, waits for the browser that comes from there, and redeems its code. */
static enum verdict obtain_by_browser(struct exchange *exchange, struct loopback *loopback,
                                      struct authorization_code *browser,
                                      struct oauth_response *ret) {
    SCOPED_AUTHORIZATION_RESPONSE struct authorization_response redirect = {.code = {0}};
    SCOPED_RECORD struct record scratch = {0};
    const struct provider_config *provider = &exchange->config.provider;
    struct reason reason = {""};
    const char *authorization_url = NULL, *token_url = NULL;

    enum outcome outcome = find_endpoints(exchange, PROVIDER_AUTHORIZATION, &scratch,
                                          &authorization_url, &token_url, &reason);
    if (outcome == OUTCOME_ANSWERED)
        outcome = authorization_code_begin(provider, authorization_url, loopback_port(loopback),
                                           browser, &reason);
    if (outcome != OUTCOME_ANSWERED)
        return exchange_conclude(exchange, verdict_of(outcome), &reason);
    peer_send_prompt(&exchange->peer, &browser->prompt);
    outcome = await_browser(exchange, loopback, scratch.response_names_issuer, browser, &redirect,
                            &reason);
    if (outcome != OUTCOME_ANSWERED)
        return exchange_conclude(exchange, verdict_of(outcome), &reason);
    authorization_code_redeem(provider, token_url, browser, &redirect.code, ret);
    return exchange_object(exchange, verdict_of(ret->outcome), &ret->reason);
}

static int take_tokens(const struct provider_config *provider, struct record *record,
                       struct oauth_response *tokens, const char *nonce) {
    record_grant_clear(&record->pending);
    record->pending_digest[0] = '\0';
    snprintf(record->pending_issuer, sizeof record->pending_issuer, "%s",
             provider_issuer(provider));
    record->pending.expires = clock_wall() + tokens->expires_in;
    strcpy(record->pending.nonce, nonce);
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
static void give_back(struct exchange *exchange, struct stored_account *stored,
                      const struct secret *refresh, int64_t until_ms) {
    struct reason ignored = {""};
    int64_t soon = clock_boot_ms() + ENROLL_REVOCATION_MS;
    int64_t end = soon < until_ms ? soon : until_ms;
    struct http_patience patience = {.deadline_ms = end, .linger_ms = end};
    const struct provider_config *provider = &exchange->config.provider;
    if (stored->entry)
        store_entry_unlock(stored->entry);
    revocation_send(provider, &stored->record, refresh, OAUTH_REFRESH_TOKEN,
                    provider_issuer(provider), &patience, &ignored);
}

/* Stores the grant as pending, then proves whose it is. A renewal of the account that is on its way
 * is waited for: the person has approved, and would have to do it again. */
static void keep(struct enrollment *enrollment, struct oauth_response *tokens, const char *nonce) {
    struct exchange *exchange = enrollment->exchange;
    struct record *record = &enrollment->stored.record;
    struct reason reason = {""};
    char subject[RECORD_SUBJECT_SIZE] = "";
    int64_t until = clock_boot_ms() + RENEWAL_LINGER_MS;
    struct http_patience patience = {.deadline_ms = until, .linger_ms = until};

    int r = stored_account_lock(&enrollment->stored, until, &reason);
    if (r >= 0 && record->pending_digest[0] != '\0')
        r = reason_set(&reason, -EBUSY,
                       "an import of %s is not finished: run it again, or "
                       "oauth-login unenroll %s first",
                       exchange->account.name, exchange->account.name);
    if (r >= 0)
        r = take_tokens(&exchange->config.provider, record, tokens, nonce);
    if (r >= 0)
        r = store_entry_replace(enrollment->stored.entry, record, &reason);
    if (r < 0) {
        exchange_conclude(exchange, r == -ETIMEDOUT ? VERDICT_UNREACHABLE : VERDICT_FAULT, &reason);
        give_back(exchange, &enrollment->stored, &tokens->refresh, until);
        return;
    }
    enum verdict verdict = enrollment_prove(enrollment, &patience, subject);
    if (verdict == VERDICT_NONE) {
        enrollment_finish(enrollment, subject);
        return;
    }
    enrollment_drop(enrollment); /* the person can approve again, with nothing used up */
    give_back(exchange, &enrollment->stored, &tokens->refresh, until);
}

/* Opens the account's place before anything is asked for: a store that can't be used is found
 * before a person approves. Without the lock: until then, logins go on with what there is. */
static enum verdict begin(struct enrollment *enrollment) {
    struct reason reason = {""};
    return stored_account_open(enrollment->exchange, STORED_VACANT, 0, &enrollment->stored,
                               &reason) < 0
               ? exchange_conclude(enrollment->exchange, VERDICT_FAULT, &reason)
               : VERDICT_NONE;
}

/* Enrolls with what the person's approval has brought; an ID token must have `nonce`, unless that
 * is
 * "". */
static void enroll(struct enrollment *enrollment, struct oauth_response *tokens,
                   const char *nonce) {
    struct exchange *exchange = enrollment->exchange;
    struct reason reason = {""};
    if (tokens->refresh.length > 0) {
        keep(enrollment, tokens, nonce);
        return;
    }
    reason_set(&reason, 0, "%s gave no refresh token: %s", exchange->config.provider.name,
               preset_find(exchange->config.provider.preset)->renewal_fix);
    exchange_conclude(exchange, VERDICT_MISCONFIGURED, &reason);
}

void enroll_by_device(struct exchange *exchange) {
    SCOPED_ENROLLMENT struct enrollment enrollment = {.exchange = exchange};
    SCOPED_OAUTH_RESPONSE struct oauth_response tokens = {0};
    exchange->reply.source = SOURCE_DEVICE;
    if (begin(&enrollment) == VERDICT_NONE && obtain_by_device(exchange, &tokens) == VERDICT_NONE)
        enroll(&enrollment, &tokens, "");
}

/* It listens before the sandbox is entered, which `begin` does. */
void enroll_by_browser(struct exchange *exchange) {
    SCOPED_ENROLLMENT struct enrollment enrollment = {.exchange = exchange};
    SCOPED_OAUTH_RESPONSE struct oauth_response tokens = {0};
    SCOPED_AUTHORIZATION_CODE struct authorization_code browser = {.redirect_uri = ""};
    SCOPED_LOOPBACK struct loopback *loopback = NULL;
    exchange->reply.source = SOURCE_BROWSER;
    if (listen_for_browser(exchange, &loopback) == VERDICT_NONE &&
        begin(&enrollment) == VERDICT_NONE &&
        obtain_by_browser(exchange, loopback, &browser, &tokens) == VERDICT_NONE)
        enroll(&enrollment, &tokens, browser.nonce);
}
