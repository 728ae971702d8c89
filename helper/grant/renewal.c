/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * renewal.c - renews a grant once.
 */
#include "renewal.h"

#include "clock.h"
#include "fetch.h"
#include "proof.h"
#include "provider.h"
#include "text.h"
#include "token_response.h"
#include "verdict.h"
#include "verdict_cache.h"

/* Stores the record. If that fails, tries once more: a rotated token that is lost here cannot be
 * recovered. */
static int store_twice(struct renewal *renewal) {
    struct reason first;
    return store_entry_replace(renewal->entry, renewal->record, &first) == 0
               ? 0
               : store_entry_replace(renewal->entry, renewal->record, &renewal->reason);
}

/* Retries, once and never twice, a request that was sent but got no response. A provider with a
 * grace period for the old token answers the retry. If we did not retry here, the next login would
 * send the same token anyway. */
static int send_again(struct renewal *renewal, const struct http_settings *settings,
                      const struct http_request *request, struct http_response *response) {
    SCOPED_HTTP_RESPONSE struct http_response again = {0};

    renewal->lost = renewal->sent_again = true;
    renewal->patience.committed = true;
    int r = http_perform(settings, request, &renewal->patience, &again);
    if (r >= 0 && again.outcome == HTTP_ANSWERED) {
        http_response_clear(response);
        *response = again;
        again = (struct http_response){0};
    }
    return r;
}

static int send_request(struct renewal *renewal, const char *url, const struct oauth_request *built,
                        struct http_response *response) {
    struct http_settings settings = fetch_settings(renewal->provider);
    struct http_request request = fetch_request(url, built);
    int r = http_perform(&settings, &request, &renewal->patience, response);

    if (r >= 0 && response->outcome == HTTP_LOST && clock_boot_ms() < renewal->patience.linger_ms)
        r = send_again(renewal, &settings, &request, response);
    return r;
}

/* Whether the renewal stays marked as in flight after a complete response that means `verdict`. */
static bool stays_in_flight(const struct renewal *renewal, enum verdict verdict) {
    /* A grant that died with a lost response stays marked: no later login, and no check of open
     * sessions, may take its death for the provider's refusal of the user. */
    bool died_lost = verdict == VERDICT_REAUTHORIZE && renewal->lost;

    /* The abandoned first request may arrive after the retry. The provider would see token reuse
     * and revoke what it just issued. */
    bool overtaken = renewal->rotated && renewal->sent_again;

    /* A provider that cannot serve the request now may have rotated the token before it failed. */
    bool untold = verdict == VERDICT_UNREACHABLE && !renewal->rotated;

    /* A provider that rejects the client tells us nothing about a grant already lost. */
    bool still_lost = verdict == VERDICT_MISCONFIGURED && renewal->lost;

    return died_lost || overtaken || untold || still_lost;
}

/* Moves the tokens of a complete response into the grant. */
static enum verdict take_response(struct renewal *renewal, const struct http_response *response) {
    SCOPED_OAUTH_RESPONSE struct oauth_response judged = {0};
    struct record_grant *grant = renewal->grant;

    renewal->answered = true;
    oauth_judge(response->status, &response->body, &judged);
    enum verdict verdict = verdict_of(judged.outcome);
    renewal->reason = judged.reason;

    renewal->rotated = judged.refresh.length > 0 && !secret_equal(&judged.refresh, &grant->refresh);
    if (renewal->rotated)
        secret_move(&grant->refresh, &judged.refresh);
    grant->in_flight = stays_in_flight(renewal, verdict);
    if (verdict == VERDICT_REAUTHORIZE && renewal->lost)
        reason_set(&renewal->reason, 0,
                   "the provider's answer to a renewal was lost, and the grant with it");
    if (verdict != VERDICT_NONE)
        return verdict;

    secret_move(&grant->access, &judged.access);
    secret_move(&grant->id_token, &judged.id_token);
    grant->expires = clock_wall() + judged.expires_in;
    _Static_assert(sizeof judged.scope == sizeof grant->scope, "every scope can be copied");
    if (judged.scope[0] != '\0')
        text_copy(grant->scope, sizeof grant->scope, judged.scope);
    return VERDICT_NONE;
}

static enum verdict no_memory(struct renewal *renewal) {
    reason_set(&renewal->reason, 0, "out of memory");
    return VERDICT_FAULT;
}

/* Sends the renewal to the token endpoint `url`, after the record durably says that it is in
 * flight. */
static enum verdict renew(struct renewal *renewal, const char *url) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    SCOPED_HTTP_RESPONSE struct http_response response = {0};

    if (oauth_build_refresh(renewal->provider, &renewal->grant->refresh, &built) < 0)
        return no_memory(renewal);

    /* Nothing has been sent yet, so a store that cannot be written loses nothing. */
    renewal->grant->in_flight = 1;
    if (store_entry_reserve(renewal->entry, renewal->record, &renewal->reason) < 0 ||
        store_entry_replace(renewal->entry, renewal->record, &renewal->reason) < 0)
        return VERDICT_FAULT;

    if (send_request(renewal, url, &built, &response) < 0)
        return no_memory(renewal);
    if (response.outcome == HTTP_ANSWERED)
        return take_response(renewal, &response);

    /* A provider that never answers tells us nothing about a grant already lost, either. */
    bool sent = response.outcome == HTTP_LOST || response.outcome == HTTP_TOO_LARGE;
    renewal->grant->in_flight = sent || renewal->lost;
    return verdict_of(fetch_judge_failure(url, &response, &renewal->reason));
}

/* Checks the response to a renewal of the account's own grant, and notes the verdict for later
 * logins. */
static enum verdict judge_own(struct renewal *renewal, enum verdict verdict) {
    struct record *record = renewal->record;

    if (verdict == VERDICT_NONE)
        verdict = proof_check_answer(renewal->provider, record, &record->grant, record->subject,
                                     &renewal->reason);

    /* Back off only if the provider has refused the client. If the failure was local (an unreadable
     * ca_file, for example), the next login may try again at once. */
    bool counts = verdict != VERDICT_MISCONFIGURED || renewal->answered;
    if (verdict == VERDICT_NONE && !renewal->proof_follows)
        verdict_cache_store_yes(record, renewal->provider);
    if (verdict != VERDICT_NONE && counts)
        verdict_cache_store(record, renewal->provider, verdict, &renewal->reason);
    return verdict;
}

enum verdict renewal_run(struct renewal *renewal) {
    struct record *record = renewal->record;
    const char *url = NULL;

    renewal->lost = renewal->grant->in_flight != 0;
    enum verdict verdict = verdict_of(provider_find(renewal->provider, PROVIDER_TOKEN, record,
                                                    &renewal->patience, &url, &renewal->reason));
    if (verdict == VERDICT_NONE)
        verdict = renew(renewal, url);
    if (verdict == VERDICT_FAULT)
        return verdict;

    if (renewal->grant == &record->grant)
        verdict = judge_own(renewal, verdict);
    return store_twice(renewal) < 0 ? VERDICT_FAULT : verdict;
}
