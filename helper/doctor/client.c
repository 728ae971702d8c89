/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * client.c - tests whether the provider accepts the client, with made-up tokens: some providers
 * revoke a grant that is used with a wrong secret, so a login must not be the first to try the
 * client.
 *
 * Renewing a made-up refresh token is the simplest test: a provider that answers `invalid_grant`
 * has already accepted the client. If the provider's response would be the same for a wrong secret
 * (Glewlwyd: an empty 400), test the endpoints that check little except the client: revocation and
 * introspection of the made-up token, then a device authorization that will never be approved.
 */
#include <stdbool.h>
#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "json.h"
#include "parts.h"
#include "provider.h"
#include "token_request.h"

enum client_state {
    CLIENT_UNCLEAR,
    CLIENT_GOOD,
    CLIENT_WRONG,
    CLIENT_UNREACHABLE,
};

static const char made_up[] = "made-up-by-oauth-login-doctor";

static int build_refresh(const struct provider_config *provider, struct oauth_request *ret) {
    SCOPED_SECRET struct secret token = {0};
    int r = secret_set(&token, made_up, strlen(made_up), PROTOCOL_TOKEN_MAX);

    return r < 0 ? r : oauth_build_refresh(provider, &token, ret);
}

static int build_revocation(const struct provider_config *provider, struct oauth_request *ret) {
    SCOPED_SECRET struct secret token = {0};
    int r = secret_set(&token, made_up, strlen(made_up), PROTOCOL_TOKEN_MAX);

    return r < 0 ? r : oauth_build_revocation(provider, &token, OAUTH_REFRESH_TOKEN, ret);
}

static int build_introspection(const struct provider_config *provider, struct oauth_request *ret) {
    SCOPED_SECRET struct secret token = {0};
    int r = secret_set(&token, made_up, strlen(made_up), PROTOCOL_TOKEN_MAX);

    return r < 0 ? r : oauth_build_introspection(provider, &token, ret);
}

/* Whether the response has this `error` (RFC 6749 section 5.2), which all these endpoints use. */
static bool has_error(const struct http_response *response, const char *error) {
    SCOPED_JSON struct json_object *object = json_parse_strict(&response->body);
    const char *text = object ? json_text(object, "error") : NULL;

    return text && strcmp(text, error) == 0;
}

static enum client_state judge_token_endpoint(const struct http_response *response) {
    if (has_error(response, "unauthorized_client") || has_error(response, "unsupported_grant_type"))
        return CLIENT_WRONG;
    if (has_error(response, "invalid_grant") || has_error(response, "bad_refresh_token"))
        return CLIENT_GOOD;
    return CLIENT_UNCLEAR;
}

static enum client_state judge(const struct http_response *response, bool is_token_endpoint) {
    if (response->status == 429 || response->status >= 500)
        return CLIENT_UNREACHABLE;
    if (response->status == 401 || has_error(response, "invalid_client"))
        return CLIENT_WRONG;
    if (is_token_endpoint)
        return judge_token_endpoint(response);
    return response->status == 200 ? CLIENT_GOOD : CLIENT_UNCLEAR;
}

/* The requests in the order in which they are tried. */
static const struct client_probe {
    enum provider_endpoint endpoint;
    const char *name;
    bool confidential; /* for clients with a secret only: any other gets 401 */
    int (*build)(const struct provider_config *provider, struct oauth_request *ret);
} probes[] = {
    {PROVIDER_TOKEN, "renewal of a made-up token", false, build_refresh},
    {PROVIDER_REVOCATION, "revocation of a made-up token", true, build_revocation},
    {PROVIDER_INTROSPECTION, "introspection of a made-up token", true, build_introspection},
    {PROVIDER_DEVICE, "device authorization", false, oauth_build_device},
};

/* Sends one probe, and notes the provider's clock. */
static enum client_state try_probe(struct doctor *doctor, const struct client_probe *probe,
                                   const char *url, struct reason *reason) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    const struct provider_config *provider = &doctor->exchange->config.provider;
    struct http_patience patience = doctor_patience();

    if (probe->build(provider, &built) < 0) {
        reason_set(reason, 0, "auth_params too long, or out of memory");
        return CLIENT_UNCLEAR;
    }

    struct http_request request = fetch_request(url, &built);
    if (fetch_perform(provider, &request, &patience, &response, reason) != OUTCOME_ANSWERED)
        return CLIENT_UNREACHABLE;
    if (response.date != 0) {
        doctor->clock_known = true;
        doctor->clock_ahead = clock_wall() - response.date;
    }
    reason_set(reason, 0, "%s: HTTP %ld", probe->name, response.status);
    return judge(&response, probe->endpoint == PROVIDER_TOKEN);
}

static void conclude(struct doctor *doctor, enum client_state state, const struct reason *reason) {
    const struct provider_config *provider = &doctor->exchange->config.provider;
    bool public = provider->client_auth == CLIENT_AUTH_NONE;

    switch (state) {
    case CLIENT_GOOD:
        doctor_good(doctor, "client: %s knows %s (%s)", provider->name, provider->client_id,
                    reason->text);
        doctor_clear_refusals(doctor);
        break;
    case CLIENT_WRONG:
        doctor_find(doctor, LEVEL_ERROR, VERDICT_MISCONFIGURED,
                    "no grant can be renewed, and some providers revoke a grant that is used with "
                    "a wrong secret",
                    public ? "set client_id to the one registered at the provider; if that has a "
                             "secret, set client_auth and client_secret_file"
                           : "set client_id and client_auth to those registered at the provider, "
                             "and write the current secret to client_secret_file",
                    "client: %s refuses %s%s (%s)", provider->name, provider->client_id,
                    public ? "" : " or its secret", reason->text);
        break;
    case CLIENT_UNREACHABLE:
        doctor_find(doctor, LEVEL_ERROR, VERDICT_UNREACHABLE,
                    "no grant can be renewed until this works",
                    "try again later; if it persists, ask the provider",
                    "client: cannot be tested: %s", reason->text);
        break;
    case CLIENT_UNCLEAR:
        doctor_find(doctor, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                    "a wrong client_id or secret would only show at a login",
                    "test with your own account: oauth-login enroll, oauth-login verify",
                    "client: %s does not tell whether %s is right (%s)", provider->name,
                    provider->client_id, reason->text);
        break;
    }
}

void doctor_try_client(struct doctor *doctor, const char *const *urls) {
    enum client_state state = CLIENT_UNCLEAR;
    struct reason reason = {""};
    bool confidential = doctor->exchange->config.provider.client_auth != CLIENT_AUTH_NONE;

    for (size_t i = 0; i < sizeof probes / sizeof probes[0] && state == CLIENT_UNCLEAR; i++) {
        const char *url = urls[probes[i].endpoint];
        if (url[0] != '\0' && (confidential || !probes[i].confidential))
            state = try_probe(doctor, &probes[i], url, &reason);
    }
    conclude(doctor, state, &reason);
}
