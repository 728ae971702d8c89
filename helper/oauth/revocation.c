/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * revocation.c - asks the provider to revoke a token.
 */
#include "revocation.h"

#include <string.h>

#include "fetch.h"
#include "provider.h"
#include "token_request.h"

enum outcome revocation_send(const struct provider_config *provider, struct record *record,
                             const struct secret *token, enum oauth_token_kind kind,
                             const char *issuer, const struct http_patience *patience,
                             struct reason *reason) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    const char *url = NULL;

    /* Never send the token to another issuer, not even to the one configured in its place. */
    if (strcmp(issuer, provider_identity(provider)) != 0) {
        reason_set(reason, 0, "the grant was issued by %.200s: end it there", issuer);
        return OUTCOME_NO_ENDPOINT;
    }

    enum outcome outcome =
        provider_find(provider, PROVIDER_REVOCATION, record, patience, &url, reason);
    if (outcome != OUTCOME_ANSWERED)
        return outcome;
    if (url[0] == '\0') {
        reason_set(reason, 0, "%s has no revocation endpoint: end the grant on its own pages",
                   provider->name);
        return OUTCOME_NO_ENDPOINT;
    }
    if (oauth_build_revocation(provider, token, kind, &built) < 0) {
        reason_set(reason, 0, "out of memory");
        return OUTCOME_FAILED;
    }

    struct http_request request = fetch_request(url, &built);
    outcome = fetch_perform(provider, &request, patience, &response, reason);
    if (outcome != OUTCOME_ANSWERED || response.status == 200)
        return outcome;

    reason_set(reason, 0, "revocation answered HTTP %ld", response.status);
    if (response.status == 429)
        return OUTCOME_THROTTLED;
    return response.status >= 500 ? OUTCOME_UNAVAILABLE : OUTCOME_CLIENT_REFUSED;
}
