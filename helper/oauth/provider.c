/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * provider.c - a provider's endpoints.
 */
#include "provider.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "text.h"
#include "url.h"

static const char discovery_path[] = "/.well-known/openid-configuration";

const char *provider_identity(const struct provider_config *provider) {
    return provider->issuer[0] != '\0' ? provider->issuer : provider->token_endpoint;
}

/* url_is_valid() rejects longer addresses, both from the configuration and from a document. */
_Static_assert((int)URL_MAX < (int)RECORD_URL_SIZE, "every address fits into the record");

void provider_copy_identity(const struct provider_config *provider, char ret[RECORD_URL_SIZE]) {
    text_copy(ret, RECORD_URL_SIZE, provider_identity(provider));
}

/* Copies the https address `name` out of the document. An absent one is "". False when it is not
 * an https address. */
static bool take_endpoint(struct json_object *document, const char *name,
                          char ret[RECORD_URL_SIZE]) {
    const char *url = json_text(document, name);

    ret[0] = '\0';
    if (!url)
        return true;
    return url_is_valid(url, "https://") && text_copy(ret, RECORD_URL_SIZE, url);
}

/* Copies every endpoint. Returns the name of the first that cannot be used, or NULL. */
static const char *take_endpoints(struct json_object *document, struct record *record) {
    const struct {
        const char *name;
        char *ret;
    } endpoints[] = {
        {"token_endpoint", record->token_endpoint},
        {"userinfo_endpoint", record->userinfo_endpoint},
        {"introspection_endpoint", record->introspection_endpoint},
        {"revocation_endpoint", record->revocation_endpoint},
        {"jwks_uri", record->jwks_uri},
        {"authorization_endpoint", record->authorization_endpoint},
        {"device_authorization_endpoint", record->device_authorization_endpoint},
    };

    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++)
        if (!take_endpoint(document, endpoints[i].name, endpoints[i].ret))
            return endpoints[i].name;
    return record->token_endpoint[0] != '\0' ? NULL : "token_endpoint";
}

enum outcome provider_read_document(const char *issuer, struct json_object *document,
                                    struct record *record, struct reason *reason) {
    const char *named = json_text(document, "issuer");

    if (!named || strcmp(named, issuer) != 0) {
        reason_set(reason, 0,
                   "the discovery document names issuer %.150s, but [provider] issuer is %.150s; "
                   "they must be identical",
                   named ? named : "(none)", issuer);
        return OUTCOME_WRONG_SETTING;
    }

    const char *unusable = take_endpoints(document, record);
    if (unusable) {
        reason_set(reason, 0, "the discovery document of %.200s has no https:// address as its %s",
                   issuer, unusable);
        record->discovered_issuer[0] = '\0';
        return OUTCOME_WRONG_SETTING;
    }

    struct json_object *names_issuer =
        json_object_object_get(document, "authorization_response_iss_parameter_supported");
    record->response_names_issuer = json_object_is_type(names_issuer, json_type_boolean) &&
                                    json_object_get_boolean(names_issuer);
    record->discovered = clock_wall();
    text_copy(record->discovered_issuer, sizeof record->discovered_issuer, issuer);
    return OUTCOME_ANSWERED;
}

/* Fetches the discovery document (OpenID Connect Discovery section 4) into `record`. */
static enum outcome discover(const struct provider_config *provider, struct record *record,
                             const struct http_patience *patience, struct reason *reason) {
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    char url[RECORD_URL_SIZE + sizeof discovery_path];
    size_t length = strlen(provider->issuer);

    while (length > 0 && provider->issuer[length - 1] == '/')
        length--;
    snprintf(url, sizeof url, "%.*s%s", (int)length, provider->issuer, discovery_path);
    struct http_request request = {.url = url};

    enum outcome outcome = fetch_perform(provider, &request, patience, &response, reason);
    if (outcome != OUTCOME_ANSWERED)
        return outcome;

    SCOPED_JSON struct json_object *document =
        response.status == 200 ? json_parse_strict(&response.body) : NULL;
    if (document)
        return provider_read_document(provider->issuer, document, record, reason);

    reason_set(reason, 0, "%.250s answered HTTP %ld%s", url, response.status,
               response.status == 200 ? " without a JSON object" : "; is [provider] issuer right?");
    return fetch_is_refusal(response.status) ? OUTCOME_WRONG_SETTING : OUTCOME_UNAVAILABLE;
}

static bool is_fresh(const struct provider_config *provider, const struct record *record) {
    int64_t age = clock_wall() - record->discovered;

    return strcmp(record->discovered_issuer, provider->issuer) == 0 && age >= 0 &&
           age < PROVIDER_DISCOVERY_LIFE;
}

enum outcome provider_find(const struct provider_config *provider, enum provider_endpoint endpoint,
                           struct record *record, const struct http_patience *patience,
                           const char **ret_url, struct reason *reason) {
    const struct {
        const char *configured, *discovered;
    } urls[] = {
        [PROVIDER_TOKEN] = {provider->token_endpoint, record->token_endpoint},
        [PROVIDER_USERINFO] = {provider->userinfo_endpoint, record->userinfo_endpoint},
        [PROVIDER_INTROSPECTION] = {provider->introspection_endpoint,
                                    record->introspection_endpoint},
        [PROVIDER_KEYS] = {provider->jwks_uri, record->jwks_uri},
        [PROVIDER_REVOCATION] = {provider->revocation_endpoint, record->revocation_endpoint},
        [PROVIDER_DEVICE] = {provider->device_authorization_endpoint,
                             record->device_authorization_endpoint},
        [PROVIDER_AUTHORIZATION] = {provider->authorization_endpoint,
                                    record->authorization_endpoint},
    };

    if (urls[endpoint].configured[0] != '\0' || provider->issuer[0] == '\0') {
        *ret_url = urls[endpoint].configured;
        return OUTCOME_ANSWERED;
    }
    if (!is_fresh(provider, record)) {
        enum outcome outcome = discover(provider, record, patience, reason);
        if (outcome != OUTCOME_ANSWERED)
            return outcome;
    }
    *ret_url = urls[endpoint].discovered;
    return OUTCOME_ANSWERED;
}
