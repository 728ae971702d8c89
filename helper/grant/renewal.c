/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * renewal.c - one renewal of a grant.
 */
#include "renewal.h"

#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "proof.h"
#include "provider.h"
#include "token_response.h"
#include "verdict.h"
#include "verdict_cache.h"

/* Stores the record; a disk that fails once is asked once more, since what is lost here can't
 * be had again. */
static int store_twice(struct renewal *renewal) {
    struct reason first;
    return store_entry_replace(renewal->entry, renewal->record, &first) == 0
               ? 0
               : store_entry_replace(renewal->entry, renewal->record, &renewal->reason);
}

/* One request that was sent and not answered is sent once more, never twice: a provider that keeps
 * the old token for a while answers it, and without it the next login would be the retry. */
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

/* Takes over into the record what a complete answer brought. */
static enum verdict take_answer(struct renewal *renewal, const struct http_response *response) {
    SCOPED_OAUTH_RESPONSE struct oauth_response judged = {0};
    struct record_grant *grant = renewal->grant;

    renewal->answered = true;
    oauth_judge(response->status, &response->body, &judged);
    renewal->reason = judged.reason;
    renewal->rotated = judged.refresh.length > 0 && !secret_equal(&judged.refresh, &grant->refresh);
    if (renewal->rotated)
        secret_move(&grant->refresh, &judged.refresh);
    /* A grant that died with a lost answer stays one: no later login, and no watch over sessions,
     * may take it for the provider's no to the person. */
    enum verdict verdict = verdict_of(judged.outcome);
    bool died_lost = verdict == VERDICT_REAUTHORIZE && renewal->lost;
    /* The request that was given up may reach the provider behind the one that it answered: there
     * it is a reuse, and kills what has just come. */
    bool overtaken = renewal->rotated && renewal->sent_again;
    /* Who refuses the client, or nobody, has said nothing of a grant that was lost before. */
    bool unsaid = verdict == VERDICT_UNREACHABLE && !renewal->rotated;
    bool still_lost = verdict == VERDICT_MISCONFIGURED && renewal->lost;
    grant->in_flight = died_lost || overtaken || unsaid || still_lost;
    if (died_lost)
        reason_set(&renewal->reason, 0,
                   "the provider's answer to a renewal was lost, and the grant "
                   "with it");
    if (verdict != VERDICT_NONE)
        return verdict;
    secret_move(&grant->access, &judged.access);
    secret_move(&grant->id_token, &judged.id_token);
    grant->expires = clock_wall() + judged.expires_in;
    if (judged.scope[0] != '\0')
        strcpy(grant->scope, judged.scope);
    return VERDICT_NONE;
}

static enum verdict no_memory(struct renewal *renewal) {
    reason_set(&renewal->reason, 0, "out of memory");
    return VERDICT_FAULT;
}

static enum verdict renew(struct renewal *renewal, const char *url) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    SCOPED_HTTP_RESPONSE struct http_response response = {0};

    if (oauth_build_refresh(renewal->provider, &renewal->grant->refresh, &built) < 0)
        return no_memory(renewal);
    renewal->grant->in_flight = 1;
    /* Nothing has been sent yet: a store that can't be written now loses nothing. */
    if (store_entry_reserve(renewal->entry, renewal->record, &renewal->reason) < 0 ||
        store_entry_replace(renewal->entry, renewal->record, &renewal->reason) < 0)
        return VERDICT_FAULT;
    if (send_request(renewal, url, &built, &response) < 0)
        return no_memory(renewal);
    if (response.outcome == HTTP_ANSWERED)
        return take_answer(renewal, &response);
    bool sent = response.outcome == HTTP_LOST || response.outcome == HTTP_TOO_LARGE;
    renewal->grant->in_flight = sent || renewal->lost;
    return verdict_of(fetch_judge_failure(url, &response, &renewal->reason));
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
    bool own = renewal->grant == &record->grant;
    if (own && verdict == VERDICT_NONE)
        verdict = proof_check_answer(renewal->provider, record, &record->grant, record->subject,
                                     &renewal->reason);
    /* A client that the provider has refused is not tried again at once; one that never got so far,
     * for want of a file here, say, is as soon as that is fixed. */
    bool counts = verdict != VERDICT_MISCONFIGURED || renewal->answered;
    if (own && verdict == VERDICT_NONE && !renewal->proof_follows)
        verdict_cache_store_yes(record, renewal->provider);
    if (own && verdict != VERDICT_NONE && counts)
        verdict_cache_store(record, renewal->provider, verdict, &renewal->reason);
    return store_twice(renewal) < 0 ? VERDICT_FAULT : verdict;
}
