/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * revocation.c - telling the provider that a grant has ended.
 */
#include "revocation.h"

#include <string.h>

#include "provider.h"
#include "token_request.h"

enum verdict revocation_send(const struct provider_config *provider, struct record *record,
                             const struct secret *token, enum oauth_token_kind kind,
                             const char *issuer, const struct http_patience *patience,
                             struct reason *reason) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    const char *url = NULL;

    /* The token is nobody else's business: not of an issuer that took this one's place. */
    if (strcmp(issuer, provider_issuer(provider)) != 0) {
        reason_set(reason, 0, "the grant is of %.200s: end it there", issuer);
        return VERDICT_NOT_PERMITTED;
    }
    enum verdict verdict =
        provider_find(provider, PROVIDER_REVOCATION, record, patience, &url, reason);
    if (verdict != VERDICT_GRANTED)
        return verdict;
    if (url[0] == '\0') {
        reason_set(reason, 0, "%s has no revocation endpoint: end the grant there", provider->name);
        return VERDICT_NOT_PERMITTED;
    }
    if (oauth_build_revocation(provider, token, kind, &built) < 0) {
        reason_set(reason, 0, "out of memory");
        return VERDICT_FAULT;
    }
    struct http_request request = provider_request(url, &built);
    verdict = provider_fetch(provider, &request, patience, &response, reason);
    if (verdict != VERDICT_GRANTED || response.status == 200)
        return verdict;
    reason_set(reason, 0, "revocation answered HTTP %ld", response.status);
    return response.status == 429 || response.status >= 500 ? VERDICT_UNREACHABLE
                                                            : VERDICT_MISCONFIGURED;
}
