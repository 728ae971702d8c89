/*
 * enroll.c - an account gets its grant from the person: by device authorization.
 */
#include <errno.h>
#include <string.h>

#include "device.h"
#include "enrolment.h"
#include "login.h"
#include "moment.h"
#include "provider.h"
#include "renewal.h"

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

static int take_tokens(struct record *record, struct oauth_answer *tokens) {
    record_grant_clear(&record->pending);
    record->pending_digest[0] = '\0';
    record->pending.expires = moment_wall() + tokens->expires_in;
    strcpy(record->pending.scope, tokens->scope);
    if (tokens->id_token.length > 0 && secret_set(&record->pending.id_token, tokens->id_token.data,
                                                  tokens->id_token.length, PROTOCOL_TOKEN_MAX) < 0)
        return -ENOMEM;
    int r = secret_set(&record->pending.refresh, tokens->refresh.data, tokens->refresh.length,
                       PROTOCOL_TOKEN_MAX);
    return r < 0 ? r
                 : secret_set(&record->pending.access, tokens->access.data, tokens->access.length,
                              PROTOCOL_TOKEN_MAX);
}

/* Stores the grant as pending, then proves whose it is. A renewal of the account that is on its way
 * is waited for: the person has approved, and would have to do it again. */
static void keep(struct enrolment *enrolment, struct oauth_answer *tokens) {
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
        r = take_tokens(record, tokens);
    if (r >= 0)
        r = store_entry_replace(enrolment->place.entry, record, &reason);
    if (r < 0) {
        visit_conclude(visit, r == -ETIMEDOUT ? VERDICT_UNREACHABLE : VERDICT_FAULT, &reason);
        return;
    }
    enum verdict verdict = enrolment_prove(enrolment, &patience, subject);
    if (verdict == VERDICT_GRANTED)
        enrolment_finish(enrolment, subject);
    else
        enrolment_drop(enrolment); /* the person can approve again, with nothing used up */
}

void enroll_by_device(struct visit *visit) {
    SCOPED_ENROLMENT struct enrolment enrolment = {.visit = visit};
    SCOPED_OAUTH_ANSWER struct oauth_answer tokens = {0};
    struct reason reason = {""};
    visit->answer.source = SOURCE_DEVICE;
    /* The person is waited for without the lock: until then, logins go on with what there is. */
    if (place_open(visit, PLACE_VACANT, 0, &enrolment.place, &reason) < 0) {
        visit_conclude(visit, VERDICT_FAULT, &reason);
        return;
    }
    if (obtain(visit, &tokens) != VERDICT_GRANTED)
        return;
    if (tokens.refresh.length > 0) {
        keep(&enrolment, &tokens);
        return;
    }
    reason_set(&reason, 0,
               "%s gave no refresh token: renewal has to be asked for, with scope = ... "
               "offline_access, or auth_params = access_type=offline prompt=consent",
               visit->config.provider.name);
    visit_conclude(visit, VERDICT_MISCONFIGURED, &reason);
}
