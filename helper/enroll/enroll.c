/*
 * enroll.c - an account gets its grant from the person, by device authorization or by authorization
 * code: two ways of obtaining tokens, one way of enrolling with them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "authorization_code.h"
#include "device_authorization.h"
#include "enrollment.h"
#include "identity.h"
#include "login.h"
#include "loopback.h"
#include "clock.h"
#include "preset.h"
#include "provider.h"
#include "renewal.h"
#include "revocation.h"

enum { ENROLL_REVOCATION_MS = 10000 };

/* The token endpoint and the one that the person's approval begins at, into a record of nobody's:
 * an account has none before it is enrolled. */
static enum verdict find_endpoints(const struct visit *visit, enum provider_endpoint first,
                                   struct record *scratch, const char **ret_first,
                                   const char **ret_token, struct reason *reason) {
    const struct provider_config *provider = &visit->config.provider;
    struct http_patience patience = visit_patience(visit, NULL, NULL);
    enum verdict verdict = provider_find(provider, first, scratch, &patience, ret_first, reason);
    if (verdict == VERDICT_GRANTED)
        verdict = provider_find(provider, PROVIDER_TOKEN, scratch, &patience, ret_token, reason);
    if (verdict != VERDICT_GRANTED || (*ret_first)[0] != '\0')
        return verdict;
    bool device = first == PROVIDER_DEVICE;
    reason_set(reason, 0,
               "%s has no %s: set %s, or enroll with%s --browser, or bring a refresh token by "
               "oauth-login import",
               provider->name, device ? "device authorization" : "authorization endpoint",
               device ? "device_authorization_endpoint" : "authorization_endpoint",
               device ? "" : "out");
    return VERDICT_MISCONFIGURED;
}

/* A login can't wait as long as a code lives: the service that runs it has a limit of its own. */
static void limit_time(const struct visit *visit, struct prompt *prompt) {
    uint32_t most = visit->config.login.enroll_deadline;
    bool in_login = visit->question.service[0] != '\0';
    if (in_login && prompt->seconds > most)
        prompt->seconds = most;
}

/* Shows the code and waits for the person's decision. */
static enum verdict obtain_by_device(struct visit *visit, struct oauth_answer *ret) {
    SCOPED_DEVICE struct device device = {.interval = 0};
    SCOPED_RECORD struct record scratch = {0};
    const struct provider_config *provider = &visit->config.provider;
    struct http_patience patience = visit_patience(visit, NULL, NULL);
    struct reason reason = {""};
    const char *device_url = NULL, *token_url = NULL;

    enum verdict verdict =
        find_endpoints(visit, PROVIDER_DEVICE, &scratch, &device_url, &token_url, &reason);
    if (verdict == VERDICT_GRANTED)
        verdict = device_begin(provider, device_url, &patience, &device, &reason);
    if (verdict != VERDICT_GRANTED)
        return visit_conclude(visit, verdict, &reason);
    limit_time(visit, &device.prompt);
    peer_send_prompt(&visit->peer, &device.prompt);
    device_poll(provider, token_url, &device, &visit->peer, ret);
    return visit_conclude(visit, ret->verdict, &ret->reason);
}

/* Before the first request: a port that can't be had is found before anybody is asked. */
static enum verdict listen_for_browser(struct visit *visit, struct loopback **ret) {
    struct reason reason;
    uint32_t port = visit->config.provider.redirect_port;
    int r = loopback_open(port, ret);
    if (r >= 0)
        return VERDICT_GRANTED;
    reason_set(&reason, 0, "cannot listen at port %u of 127.0.0.1: %s%s", port, strerror(-r),
               r == -EADDRINUSE ? "; who has it, says: ss -ltnp" : "");
    return visit_conclude(visit, port != 0 && r == -EACCES ? VERDICT_MISCONFIGURED : VERDICT_FAULT,
                          &reason);
}

/* Waits for the browser's answer, and judges it. */
static enum verdict await_browser(struct visit *visit, struct loopback *loopback, bool named,
                                  const struct browser *browser, struct redirect *ret,
                                  struct reason *reason) {
    int64_t until = moment_boot_ms() + (int64_t) browser->prompt.seconds * 1000;
    int r = loopback_wait(loopback, &browser->state, &visit->peer, until, ret);
    if (r >= 0)
        return browser_judge(&visit->config.provider, named, ret, reason);
    reason_set(reason, 0, "nobody has approved in the browser in time");
    return VERDICT_REAUTHORIZE;
}

/* Shows the address, waits for the browser that comes from there, and redeems its code. */
static enum verdict obtain_by_browser(struct visit *visit, struct loopback *loopback,
                                      struct browser *browser, struct oauth_answer *ret) {
    SCOPED_REDIRECT struct redirect redirect = {.code = {0}};
    SCOPED_RECORD struct record scratch = {0};
    const struct provider_config *provider = &visit->config.provider;
    struct reason reason = {""};
    const char *authorization_url = NULL, *token_url = NULL;

    enum verdict verdict = find_endpoints(visit, PROVIDER_AUTHORIZATION, &scratch,
                                          &authorization_url, &token_url, &reason);
    if (verdict == VERDICT_GRANTED)
        verdict =
            browser_begin(provider, authorization_url, loopback_port(loopback), browser, &reason);
    if (verdict != VERDICT_GRANTED)
        return visit_conclude(visit, verdict, &reason);
    peer_send_prompt(&visit->peer, &browser->prompt);
    verdict =
        await_browser(visit, loopback, scratch.response_names_issuer, browser, &redirect, &reason);
    if (verdict != VERDICT_GRANTED)
        return visit_conclude(visit, verdict, &reason);
    browser_redeem(provider, token_url, browser, &redirect.code, ret);
    return visit_conclude(visit, ret->verdict, &ret->reason);
}

static int take_tokens(const struct provider_config *provider, struct record *record,
                       struct oauth_answer *tokens, const char *nonce) {
    record_grant_clear(&record->pending);
    record->pending_digest[0] = '\0';
    snprintf(record->pending_issuer, sizeof record->pending_issuer, "%s",
             identity_issuer(provider));
    record->pending.expires = moment_wall() + tokens->expires_in;
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
static void give_back(struct visit *visit, struct place *place, const struct secret *refresh,
                      int64_t until_ms) {
    struct reason ignored = {""};
    int64_t soon = moment_boot_ms() + ENROLL_REVOCATION_MS;
    int64_t end = soon < until_ms ? soon : until_ms;
    struct http_patience patience = {.deadline_ms = end, .linger_ms = end};
    const struct provider_config *provider = &visit->config.provider;
    if (place->entry)
        store_entry_unlock(place->entry);
    revocation_send(provider, &place->record, refresh, OAUTH_REFRESH_TOKEN,
                    identity_issuer(provider), &patience, &ignored);
}

/* Stores the grant as pending, then proves whose it is. A renewal of the account that is on its way
 * is waited for: the person has approved, and would have to do it again. */
static void keep(struct enrolment *enrolment, struct oauth_answer *tokens, const char *nonce) {
    struct visit *visit = enrolment->visit;
    struct record *record = &enrolment->place.record;
    struct reason reason = {""};
    char subject[RECORD_SUBJECT_SIZE] = "";
    int64_t until = moment_boot_ms() + RENEWAL_LINGER_MS;
    struct http_patience patience = {.deadline_ms = until, .linger_ms = until};

    int r = place_lock(&enrolment->place, until, &reason);
    if (r >= 0 && record->pending_digest[0] != '\0')
        r = reason_set(&reason, -EBUSY,
                       "an import of %s is not finished: run it again, or "
                       "oauth-login unenroll %s first",
                       visit->account.name, visit->account.name);
    if (r >= 0)
        r = take_tokens(&visit->config.provider, record, tokens, nonce);
    if (r >= 0)
        r = store_entry_replace(enrolment->place.entry, record, &reason);
    if (r < 0) {
        visit_conclude(visit, r == -ETIMEDOUT ? VERDICT_UNREACHABLE : VERDICT_FAULT, &reason);
        give_back(visit, &enrolment->place, &tokens->refresh, until);
        return;
    }
    enum verdict verdict = enrolment_prove(enrolment, &patience, subject);
    if (verdict == VERDICT_GRANTED) {
        enrolment_finish(enrolment, subject);
        return;
    }
    enrolment_drop(enrolment); /* the person can approve again, with nothing used up */
    give_back(visit, &enrolment->place, &tokens->refresh, until);
}

/* Opens the account's place before anything is asked for: a store that can't be used is found
 * before a person approves. Without the lock: until then, logins go on with what there is. */
static enum verdict begin(struct enrolment *enrolment) {
    struct reason reason = {""};
    return place_open(enrolment->visit, PLACE_VACANT, 0, &enrolment->place, &reason) < 0
               ? visit_conclude(enrolment->visit, VERDICT_FAULT, &reason)
               : VERDICT_GRANTED;
}

/* Enrols with what the person's approval has brought; an ID token must have `nonce`, unless that is
 * "". */
static void enroll(struct enrolment *enrolment, struct oauth_answer *tokens, const char *nonce) {
    struct visit *visit = enrolment->visit;
    struct reason reason = {""};
    if (tokens->refresh.length > 0) {
        keep(enrolment, tokens, nonce);
        return;
    }
    reason_set(&reason, 0, "%s gave no refresh token: %s", visit->config.provider.name,
               preset_find(visit->config.provider.preset)->renewal_mend);
    visit_conclude(visit, VERDICT_MISCONFIGURED, &reason);
}

void enroll_by_device(struct visit *visit) {
    SCOPED_ENROLMENT struct enrolment enrolment = {.visit = visit};
    SCOPED_OAUTH_ANSWER struct oauth_answer tokens = {0};
    visit->answer.source = SOURCE_DEVICE;
    if (begin(&enrolment) == VERDICT_GRANTED && obtain_by_device(visit, &tokens) == VERDICT_GRANTED)
        enroll(&enrolment, &tokens, "");
}

/* It listens before the sandbox is entered, which `begin` does. */
void enroll_by_browser(struct visit *visit) {
    SCOPED_ENROLMENT struct enrolment enrolment = {.visit = visit};
    SCOPED_OAUTH_ANSWER struct oauth_answer tokens = {0};
    SCOPED_BROWSER struct browser browser = {.redirect_uri = ""};
    SCOPED_LOOPBACK struct loopback *loopback = NULL;
    visit->answer.source = SOURCE_BROWSER;
    if (listen_for_browser(visit, &loopback) == VERDICT_GRANTED &&
        begin(&enrolment) == VERDICT_GRANTED &&
        obtain_by_browser(visit, loopback, &browser, &tokens) == VERDICT_GRANTED)
        enroll(&enrolment, &tokens, browser.nonce);
}
