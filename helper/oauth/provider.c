/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * provider.c - where a provider's endpoints are.
 */
#include "provider.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "url.h"

static const char discovery_path[] = "/.well-known/openid-configuration";

const char *provider_issuer(const struct provider_config *provider) {
    return provider->issuer[0] != '\0' ? provider->issuer : provider->token_endpoint;
}

_Static_assert((int) URL_MAX < (int) RECORD_URL_SIZE, "an address fits its place in the record");

/* Copies the https address `name` out of the document. False when it is there, but unusable. */
static bool take_endpoint(struct json_object *document, const char *name,
                          char ret[RECORD_URL_SIZE]) {
    const char *url = json_text(document, name);
    ret[0] = '\0';
    if (!url)
        return true;
    if (!url_is(url, "https://"))
        return false;
    strcpy(ret, url);
    return true;
}

enum outcome provider_take_document(const char *issuer, struct json_object *document,
                                    struct record *record, struct reason *reason) {
    const char *named = json_text(document, "issuer");
    if (!named || strcmp(named, issuer) != 0 || strlen(issuer) >= RECORD_URL_SIZE) {
        reason_set(reason, 0,
                   "the discovery document is of issuer %.150s, configured is %.150s; "
                   "they must be the same to the letter",
                   named ? named : "(none)", issuer);
        return OUTCOME_WRONG_SETTING;
    }
    if (!take_endpoint(document, "token_endpoint", record->token_endpoint) ||
        !take_endpoint(document, "userinfo_endpoint", record->userinfo_endpoint) ||
        !take_endpoint(document, "introspection_endpoint", record->introspection_endpoint) ||
        !take_endpoint(document, "revocation_endpoint", record->revocation_endpoint) ||
        !take_endpoint(document, "jwks_uri", record->jwks_uri) ||
        !take_endpoint(document, "authorization_endpoint", record->authorization_endpoint) ||
        !take_endpoint(document, "device_authorization_endpoint",
                       record->device_authorization_endpoint) ||
        record->token_endpoint[0] == '\0') {
        reason_set(reason, 0,
                   "the discovery document of %.200s has an endpoint that is no https:// "
                   "address, or no token_endpoint",
                   issuer);
        record->discovered_issuer[0] = '\0';
        return OUTCOME_WRONG_SETTING;
    }
    struct json_object *names_issuer =
        json_object_object_get(document, "authorization_response_iss_parameter_supported");
    record->response_names_issuer = json_object_is_type(names_issuer, json_type_boolean) &&
                                    json_object_get_boolean(names_issuer);
    strcpy(record->discovered_issuer, issuer);
    record->discovered = clock_wall();
    return OUTCOME_ANSWERED;
}

static enum outcome discover(const struct provider_config *provider, struct record *record,
                             const struct http_patience *patience, struct reason *reason) {
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    char url[RECORD_URL_SIZE + sizeof discovery_path];
    size_t length = strlen(provider->issuer);
    while (length > 0 && provider->issuer[length - 1] == '/')
        length--;
    snprintf(url, sizeof url, "%.*s%s", (int) length, provider->issuer, discovery_path);
    struct http_request request = {.url = url};

    enum outcome outcome = fetch_perform(provider, &request, patience, &response, reason);
    if (outcome != OUTCOME_ANSWERED)
        return outcome;
    SCOPED_JSON struct json_object *document =
        response.status == 200 ? json_parse_strict(&response.body) : NULL;
    if (document)
        return provider_take_document(provider->issuer, document, record, reason);
    reason_set(reason, 0, "%.250s answered HTTP %ld%s", url, response.status,
               response.status == 200 ? " with something that is no JSON object"
                                      : "; is the issuer right?");
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

static struct json_object *parse_text(const char *text) {
    SCOPED_SECRET struct secret bytes = {0};
    return secret_set(&bytes, text, strlen(text), RECORD_KEYS_SIZE) < 0 ? NULL
                                                                        : json_parse_strict(&bytes);
}

/* Certificates are most of a key set (Entra's has 20 kB of them), and nobody looks at them here. */
static void drop_certificates(struct json_object *keys) {
    struct json_object *list = keys ? json_value_at(keys, "keys") : NULL;
    for (size_t i = 0;
         json_object_is_type(list, json_type_array) && i < json_object_array_length(list); i++) {
        struct json_object *key = json_object_array_get_idx(list, i);
        if (json_object_is_type(key, json_type_object))
            json_object_object_del(key, "x5c");
    }
}

bool provider_has_keys(const struct provider_config *provider, const struct record *record) {
    const char *url = provider->jwks_uri[0] != '\0' ? provider->jwks_uri : record->jwks_uri;
    int64_t age = clock_wall() - record->keys_fetched;
    return record->keys[0] != '\0' && strcmp(record->keys_from, url) == 0 && age >= 0 &&
           age < PROVIDER_DISCOVERY_LIFE;
}

enum outcome provider_keys(const struct provider_config *provider, struct record *record, bool anew,
                           const struct http_patience *patience, struct json_object **ret_keys,
                           struct reason *reason) {
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    const char *url = NULL;
    enum outcome outcome = provider_find(provider, PROVIDER_KEYS, record, patience, &url, reason);
    if (outcome != OUTCOME_ANSWERED)
        return outcome;
    if (!anew && provider_has_keys(provider, record) && (*ret_keys = parse_text(record->keys)))
        return OUTCOME_ANSWERED;
    if (url[0] == '\0') {
        reason_set(reason, 0, "%s has no jwks_uri to verify ID tokens with", provider->name);
        return OUTCOME_NO_ENDPOINT;
    }
    struct http_request request = {.url = url};
    outcome = fetch_perform(provider, &request, patience, &response, reason);
    if (outcome != OUTCOME_ANSWERED)
        return outcome;
    *ret_keys = response.status == 200 ? json_parse_strict(&response.body) : NULL;
    drop_certificates(*ret_keys);
    const char *text =
        *ret_keys ? json_object_to_json_string_ext(*ret_keys, JSON_C_TO_STRING_PLAIN) : NULL;
    if (!text || strlen(text) >= RECORD_KEYS_SIZE) {
        json_wipe(ret_keys);
        reason_set(reason, 0, "jwks_uri answered HTTP %ld and no JSON object below %d bytes",
                   response.status, RECORD_KEYS_SIZE);
        return OUTCOME_UNAVAILABLE;
    }
    strcpy(record->keys, text);
    snprintf(record->keys_from, sizeof record->keys_from, "%s", url);
    record->keys_fetched = clock_wall();
    return OUTCOME_ANSWERED;
}
