/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * client.c - whether the provider knows the client, tried with tokens that are nobody's:
 * some providers burn a grant on a wrong secret, so a login must not be the first to try it.
 *
 * A made-up refresh token is the plainest question: `invalid_grant` comes from a provider that has
 * accepted the client before it looked at the token. Where the answer would be the same for a wrong
 * secret (Glewlwyd: an empty 400), the endpoints that do nothing but check the client first are
 * asked: revocation and introspection of the made-up token, then a device authorization that nobody
 * will approve.
 */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "json.h"
#include "parts.h"
#include "provider.h"

enum client_word {
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

/* The `error` of RFC 6749 section 5.2, which all these endpoints answer with. */
static bool says(const struct http_response *response, const char *error) {
    SCOPED_JSON struct json_object *object = json_parse_strict(&response->body);
    const char *text = object ? json_text(object, "error") : NULL;
    return text && strcmp(text, error) == 0;
}

static enum client_word judge(const struct http_response *response, bool is_token) {
    if (response->status == 429 || response->status >= 500)
        return CLIENT_UNREACHABLE;
    if (response->status == 401 || says(response, "invalid_client") ||
        (is_token &&
         (says(response, "unauthorized_client") || says(response, "unsupported_grant_type"))))
        return CLIENT_WRONG;
    if (is_token)
        return says(response, "invalid_grant") || says(response, "bad_refresh_token")
                   ? CLIENT_GOOD
                   : CLIENT_UNCLEAR;
    return response->status == 200 ? CLIENT_GOOD : CLIENT_UNCLEAR;
}

/* In the order of asking. The endpoints that a public client has no business at answer it 401. */
static const struct client_probe {
    enum provider_endpoint endpoint;
    const char *name;
    bool confidential; /* asked only by a client that has a secret */
    int (*build)(const struct provider_config *provider, struct oauth_request *ret);
} probes[] = {
    {PROVIDER_TOKEN, "renewal of a made-up token", false, build_refresh},
    {PROVIDER_REVOCATION, "revocation of a made-up token", true, build_revocation},
    {PROVIDER_INTROSPECTION, "introspection of a made-up token", true, build_introspection},
    {PROVIDER_DEVICE, "device authorization", false, oauth_build_device},
};

static enum client_word ask(struct doctor *doctor, const struct client_probe *probe,
                            const char *url, struct reason *reason) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    const struct provider_config *provider = &doctor->exchange->config.provider;
    struct http_patience patience = doctor_patience();
    if (probe->build(provider, &built) < 0) {
        reason_set(reason, 0, "auth_params are too long, or memory is");
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

static void conclude(struct doctor *doctor, enum client_word word, const struct reason *reason) {
    const struct provider_config *provider = &doctor->exchange->config.provider;
    bool public = provider->client_auth == CLIENT_AUTH_NONE;
    switch (word) {
    case CLIENT_GOOD:
        doctor_good(doctor, "client: %s knows %s (%s)", provider->name, provider->client_id,
                    reason->text);
        doctor_clear_refusals(doctor);
        break;
    case CLIENT_WRONG:
        doctor_find(doctor, LEVEL_ERROR, VERDICT_MISCONFIGURED,
                    "no grant can be renewed, and some providers end a grant that is tried with "
                    "a wrong secret",
                    public ? "set client_id to what the provider has registered; must it have a "
                             "secret, set client_auth and client_secret_file"
                           : "set client_id and client_auth to what the provider has registered, "
                             "and write the secret it has now to client_secret_file",
                    "client: %s refuses %s%s (%s)", provider->name, provider->client_id,
                    public ? "" : " or its secret", reason->text);
        break;
    case CLIENT_UNREACHABLE:
        doctor_find(doctor, LEVEL_ERROR, VERDICT_UNREACHABLE,
                    "no grant can be renewed while it is so", "try again; ask the provider",
                    "client: could not be tried: %s", reason->text);
        break;
    case CLIENT_UNCLEAR:
        doctor_find(doctor, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                    "a wrong client_id or secret would show at a login only",
                    "try it with an account of your own: oauth-login enroll, oauth-login verify",
                    "client: %s does not tell whether %s is right (%s)", provider->name,
                    provider->client_id, reason->text);
        break;
    }
}

void doctor_try_client(struct doctor *doctor, const char *const *urls) {
    enum client_word word = CLIENT_UNCLEAR;
    struct reason reason = {""};
    bool confidential = doctor->exchange->config.provider.client_auth != CLIENT_AUTH_NONE;
    for (size_t i = 0; i < sizeof probes / sizeof probes[0] && word == CLIENT_UNCLEAR; i++) {
        const char *url = urls[probes[i].endpoint];
        if (url[0] != '\0' && (confidential || !probes[i].confidential))
            word = ask(doctor, &probes[i], url, &reason);
    }
    conclude(doctor, word, &reason);
}
