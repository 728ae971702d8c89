/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enroll.c - gets an account's grant from the user, by device authorization or by authorization
 * code. The two differ in how they obtain tokens, and enroll with them in the same way.
 */
#include "enroll.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "authorization_code.h"
#include "clock.h"
#include "device_authorization.h"
#include "enrollment.h"
#include "loopback.h"
#include "preset.h"
#include "provider.h"
#include "renewal.h"
#include "revocation.h"
#include "text.h"
#include "verdict.h"

enum { ENROLL_REVOCATION_MS = 10000 }; /* how long to wait for a revocation */

/* Finds the token endpoint, and `first`, the endpoint where the approval starts (PROVIDER_DEVICE or
 * PROVIDER_AUTHORIZATION). Discovery goes into a scratch record: before it is enrolled, an account
 * has no record. */
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

    if (first == PROVIDER_DEVICE)
        reason_set(reason, 0,
                   "%s has no device authorization: set device_authorization_endpoint, or enroll "
                   "with --browser, or import a refresh token with oauth-login import",
                   provider->name);
    else
        reason_set(reason, 0,
                   "%s has no authorization endpoint: set authorization_endpoint, or enroll "
                   "without --browser, or import a refresh token with oauth-login import",
                   provider->name);
    return OUTCOME_NO_ENDPOINT;
}

/* Shortens the user's time when the enrollment is part of a login: the service (sshd, for example)
 * gives up long before the code expires. */
static void limit_time(const struct exchange *exchange, struct prompt *prompt) {
    uint32_t most = exchange->config.login.enroll_deadline;
    bool in_login = exchange->request.service[0] != '\0';

    if (in_login && prompt->seconds > most)
        prompt->seconds = most;
}

/* Shows the code and waits for the user's decision. NONE with the tokens, else the concluded
 * verdict. */
static enum verdict obtain_by_device(struct exchange *exchange, struct oauth_response *ret) {
    SCOPED_DEVICE_AUTHORIZATION struct device_authorization flow = {.interval = 0};
    SCOPED_RECORD struct record scratch = {0};
    const struct provider_config *provider = &exchange->config.provider;
    struct http_patience patience = exchange_patience(exchange, NULL, NULL);
    struct reason reason = {""};
    const char *device_url = NULL, *token_url = NULL;

    enum outcome outcome =
        find_endpoints(exchange, PROVIDER_DEVICE, &scratch, &device_url, &token_url, &reason);
    if (outcome == OUTCOME_ANSWERED)
        outcome = device_authorization_begin(provider, device_url, &patience, &flow, &reason);
    if (outcome != OUTCOME_ANSWERED)
        return exchange_conclude(exchange, verdict_of(outcome), &reason);

    limit_time(exchange, &flow.prompt);
    peer_send_prompt(&exchange->peer, &flow.prompt);
    device_authorization_poll(provider, token_url, &flow, &exchange->peer, ret);
    return exchange_conclude_unless_none(exchange, verdict_of(ret->outcome), &ret->reason);
}

/* Opens the listener before the first request, so that an unusable port is found before the
 * provider or the user is asked. */
static enum verdict listen_for_browser(struct exchange *exchange, struct loopback **ret) {
    struct reason reason;
    uint32_t port = exchange->config.provider.redirect_port;
    int r = loopback_open(port, ret);

    if (r >= 0)
        return VERDICT_NONE;
    reason_set(&reason, 0, "cannot listen at port %u of 127.0.0.1: %s%s", port, strerror(-r),
               r == -EADDRINUSE ? "; run `ss -ltnp` to see which process uses it" : "");
    return exchange_conclude(
        exchange, port != 0 && r == -EACCES ? VERDICT_MISCONFIGURED : VERDICT_FAULT, &reason);
}

/* Waits for the authorization response that the browser brings, and judges it. */
static enum outcome await_browser(struct exchange *exchange, struct loopback *loopback,
                                  bool issuer_required, const struct authorization_code *flow,
                                  struct authorization_response *ret, struct reason *reason) {
    int64_t until = clock_boot_ms() + (int64_t)flow->prompt.seconds * 1000;
    int r = loopback_wait(loopback, &flow->state, &exchange->peer, until, ret);

    if (r >= 0)
        return authorization_code_judge(&exchange->config.provider, issuer_required, ret, reason);
    reason_set(reason, 0, "nobody has approved in the browser in time");
    return OUTCOME_GRANT_DEAD;
}

/* Shows the address, waits for the browser that the provider redirects to us, and redeems the code
 * that it brings. NONE with the tokens, else the concluded verdict. */
static enum verdict obtain_by_browser(struct exchange *exchange, struct loopback *loopback,
                                      struct authorization_code *flow, struct oauth_response *ret) {
    SCOPED_AUTHORIZATION_RESPONSE struct authorization_response response = {.code = {0}};
    SCOPED_RECORD struct record scratch = {0};
    const struct provider_config *provider = &exchange->config.provider;
    struct reason reason = {""};
    const char *authorization_url = NULL, *token_url = NULL;

    enum outcome outcome = find_endpoints(exchange, PROVIDER_AUTHORIZATION, &scratch,
                                          &authorization_url, &token_url, &reason);
    if (outcome == OUTCOME_ANSWERED)
        outcome = authorization_code_begin(provider, authorization_url, loopback_port(loopback),
                                           flow, &reason);
    if (outcome != OUTCOME_ANSWERED)
        return exchange_conclude(exchange, verdict_of(outcome), &reason);

    peer_send_prompt(&exchange->peer, &flow->prompt);
    outcome =
        await_browser(exchange, loopback, scratch.response_names_issuer, flow, &response, &reason);
    if (outcome != OUTCOME_ANSWERED)
        return exchange_conclude(exchange, verdict_of(outcome), &reason);

    authorization_code_redeem(provider, token_url, flow, &response.code, ret);
    return exchange_conclude_unless_none(exchange, verdict_of(ret->outcome), &ret->reason);
}

static int copy_token(const struct secret *token, struct secret *ret) {
    return secret_set(ret, token->data, token->length, PROTOCOL_TOKEN_MAX);
}

/* Copies the tokens into the record as its pending grant. `nonce` is "" or base64url of
 * RECORD_NONCE_SIZE - 1 bytes. -ENOMEM. */
static int take_tokens(const struct provider_config *provider, struct record *record,
                       const struct oauth_response *tokens, const char nonce[RECORD_NONCE_SIZE],
                       struct reason *reason) {
    struct record_grant *pending = &record->pending;

    record_grant_clear(pending);
    record->pending_digest[0] = '\0';
    provider_copy_identity(provider, record->pending_issuer);
    pending->expires = clock_wall() + tokens->expires_in;
    text_copy(pending->nonce, sizeof pending->nonce, nonce);

    /* A response without `scope` means the requested scope was granted (RFC 6749 section 5.1); it
     * is cut to fit, as the `scope` of a response is. */
    snprintf(pending->scope, sizeof pending->scope, "%s",
             tokens->scope[0] != '\0' ? tokens->scope : provider->scope);

    if (copy_token(&tokens->refresh, &pending->refresh) < 0 ||
        copy_token(&tokens->access, &pending->access) < 0 ||
        copy_token(&tokens->id_token, &pending->id_token) < 0)
        return reason_set(reason, -ENOMEM, "out of memory");
    return 0;
}

/* Revokes a grant that will not be used, if the provider supports that: the user's consent must not
 * stay valid unnoticed. Unlocks first, since other logins of the account need not wait for it. */
static void revoke_unused(struct exchange *exchange, struct stored_account *stored,
                          const struct secret *refresh, int64_t until_ms) {
    struct reason ignored = {""};
    int64_t soon = clock_boot_ms() + ENROLL_REVOCATION_MS;
    int64_t end = soon < until_ms ? soon : until_ms;
    struct http_patience patience = {.deadline_ms = end, .linger_ms = end};
    const struct provider_config *provider = &exchange->config.provider;

    if (stored->entry)
        store_entry_unlock(stored->entry);
    revocation_send(provider, &stored->record, refresh, OAUTH_REFRESH_TOKEN,
                    provider_identity(provider), &patience, &ignored);
}

/* Stores the grant as pending, then proves who owns it. Waits for the lock even for as long as
 * another login's renewal may hold it: giving up would force the user to approve again. */
static void store_and_prove(struct enrollment *enrollment, const struct oauth_response *tokens,
                            const char nonce[RECORD_NONCE_SIZE]) {
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
        r = take_tokens(&exchange->config.provider, record, tokens, nonce, &reason);
    if (r >= 0)
        r = store_entry_replace(enrollment->stored.entry, record, &reason);
    if (r < 0) {
        exchange_conclude(exchange, r == -ETIMEDOUT ? VERDICT_UNREACHABLE : VERDICT_FAULT, &reason);
        revoke_unused(exchange, &enrollment->stored, &tokens->refresh, until);
        return;
    }

    enum verdict verdict = enrollment_prove(enrollment, &patience, subject);
    if (verdict == VERDICT_NONE) {
        enrollment_commit(enrollment, subject);
        return;
    }
    enrollment_abandon(enrollment); /* the user can approve again; nothing has been used up */
    revoke_unused(exchange, &enrollment->stored, &tokens->refresh, until);
}

/* Opens the stored account before any request, so that an unusable store is found before the user
 * approves. Takes no lock, so that logins can use the present grant until then. */
static enum verdict begin(struct enrollment *enrollment) {
    struct exchange *exchange = enrollment->exchange;
    struct reason reason = {""};

    if (stored_account_open(exchange, STORED_VACANT, 0, &enrollment->stored, &reason) < 0)
        return exchange_conclude(exchange, VERDICT_FAULT, &reason);
    return VERDICT_NONE;
}

/* Enrolls with the tokens that the user's approval brought. The ID token must have `nonce`,
 * unless that is "". */
static void enroll(struct enrollment *enrollment, const struct oauth_response *tokens,
                   const char nonce[RECORD_NONCE_SIZE]) {
    struct exchange *exchange = enrollment->exchange;
    struct reason reason = {""};

    if (tokens->refresh.length > 0) {
        store_and_prove(enrollment, tokens, nonce);
        return;
    }
    reason_set(&reason, 0, "%s gave no refresh token: %s", exchange->config.provider.name,
               preset_find(exchange->config.provider.preset)->renewal_fix);
    exchange_conclude(exchange, VERDICT_MISCONFIGURED, &reason);
}

void enroll_by_device(struct exchange *exchange) {
    SCOPED_ENROLLMENT struct enrollment enrollment = {.exchange = exchange};
    SCOPED_OAUTH_RESPONSE struct oauth_response tokens = {0};
    static const char no_nonce[RECORD_NONCE_SIZE] = "";

    exchange->reply.source = SOURCE_DEVICE;
    if (begin(&enrollment) == VERDICT_NONE && obtain_by_device(exchange, &tokens) == VERDICT_NONE)
        enroll(&enrollment, &tokens, no_nonce);
}

void enroll_by_browser(struct exchange *exchange) {
    SCOPED_ENROLLMENT struct enrollment enrollment = {.exchange = exchange};
    SCOPED_OAUTH_RESPONSE struct oauth_response tokens = {0};
    SCOPED_AUTHORIZATION_CODE struct authorization_code flow = {.redirect_uri = ""};
    SCOPED_LOOPBACK struct loopback *loopback = NULL;

    /* Listen first: begin() enters the sandbox, where that is no longer possible. */
    exchange->reply.source = SOURCE_BROWSER;
    if (listen_for_browser(exchange, &loopback) == VERDICT_NONE &&
        begin(&enrollment) == VERDICT_NONE &&
        obtain_by_browser(exchange, loopback, &flow, &tokens) == VERDICT_NONE)
        enroll(&enrollment, &tokens, flow.nonce);
}
