/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * provider.c - where a provider's endpoints are.
 */
#include "provider.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "url.h"

static const char discovery_path[] = "/.well-known/openid-configuration";

const char *provider_issuer(const struct provider_config *provider) {
    return provider->issuer[0] != '\0' ? provider->issuer : provider->token_endpoint;
}

struct http_settings provider_http(const struct provider_config *provider) {
    return (struct http_settings){.ca_file = provider->ca_file, .proxy = provider->proxy};
}

struct http_request provider_request(const char *url, const struct oauth_request *built) {
    return (struct http_request){
        .url = url,
        .form = &built->form,
        .username = built->basic ? secret_text(&built->username) : NULL,
        .password = &built->password,
    };
}

/* The address without its path: whom the log shall name. */
static int host_length(const char *url) {
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    return (int) ((size_t) (host - url) + strcspn(host, "/?#"));
}

enum verdict provider_judge_failure(const char *url, const struct http_response *response,
                                    struct reason *reason) {
    const char *what = response->outcome == HTTP_TLS_FAILED    ? "TLS failed: "
                       : response->outcome == HTTP_BAD_SETTING ? "ca_file, proxy or address: "
                                                               : "";
    reason_set(reason, 0, "%.*s: %s%s", host_length(url), url, what, response->reason.text);
    return response->outcome == HTTP_BAD_SETTING ? VERDICT_MISCONFIGURED : VERDICT_UNREACHABLE;
}

enum verdict provider_fetch(const struct provider_config *provider,
                            const struct http_request *request,
                            const struct http_patience *patience, struct http_response *ret,
                            struct reason *reason) {
    struct http_settings settings = provider_http(provider);
    struct http_patience brief = {
        .deadline_ms = patience->deadline_ms,
        .linger_ms = patience->deadline_ms,
    };
    int r = http_perform(&settings, request, &brief, ret);
    if (r < 0) {
        reason_set(reason, 0, "no request can be made: %s", strerror(-r));
        return VERDICT_FAULT;
    }
    return ret->outcome == HTTP_ANSWERED ? VERDICT_GRANTED
                                         : provider_judge_failure(request->url, ret, reason);
}

/* Whether a GET's status says that there is nothing of the kind, rather than "not now". */
static bool is_refusal(long status) {
    return status >= 300 && status < 500 && status != 408 && status != 429;
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

enum verdict provider_take_document(const char *issuer, struct json_object *document,
                                    struct record *record, struct reason *reason) {
    const char *named = json_text(document, "issuer");
    if (!named || strcmp(named, issuer) != 0 || strlen(issuer) >= RECORD_URL_SIZE) {
        reason_set(reason, 0,
                   "the discovery document is of issuer %.150s, configured is %.150s; "
                   "they must be the same to the letter",
                   named ? named : "(none)", issuer);
        return VERDICT_MISCONFIGURED;
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
        return VERDICT_MISCONFIGURED;
    }
    struct json_object *names_issuer =
        json_object_object_get(document, "authorization_response_iss_parameter_supported");
    record->response_names_issuer = json_object_is_type(names_issuer, json_type_boolean) &&
                                    json_object_get_boolean(names_issuer);
    strcpy(record->discovered_issuer, issuer);
    record->discovered = clock_wall();
    return VERDICT_GRANTED;
}

static enum verdict discover(const struct provider_config *provider, struct record *record,
                             const struct http_patience *patience, struct reason *reason) {
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    char url[RECORD_URL_SIZE + sizeof discovery_path];
    size_t length = strlen(provider->issuer);
    while (length > 0 && provider->issuer[length - 1] == '/')
        length--;
    snprintf(url, sizeof url, "%.*s%s", (int) length, provider->issuer, discovery_path);
    struct http_request request = {.url = url};

    enum verdict verdict = provider_fetch(provider, &request, patience, &response, reason);
    if (verdict != VERDICT_GRANTED)
        return verdict;
    SCOPED_JSON struct json_object *document =
        response.status == 200 ? json_parse_strict(&response.body) : NULL;
    if (document)
        return provider_take_document(provider->issuer, document, record, reason);
    reason_set(reason, 0, "%.250s answered HTTP %ld%s", url, response.status,
               response.status == 200 ? " with something that is no JSON object"
                                      : "; is the issuer right?");
    return is_refusal(response.status) ? VERDICT_MISCONFIGURED : VERDICT_UNREACHABLE;
}

static bool is_fresh(const struct provider_config *provider, const struct record *record) {
    int64_t age = clock_wall() - record->discovered;
    return strcmp(record->discovered_issuer, provider->issuer) == 0 && age >= 0 &&
           age < PROVIDER_DISCOVERY_LIFE;
}

enum verdict provider_find(const struct provider_config *provider, enum provider_endpoint endpoint,
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
        return VERDICT_GRANTED;
    }
    if (!is_fresh(provider, record)) {
        enum verdict verdict = discover(provider, record, patience, reason);
        if (verdict != VERDICT_GRANTED)
            return verdict;
    }
    *ret_url = urls[endpoint].discovered;
    return VERDICT_GRANTED;
}

/* GitHub refuses who asks too often with 403, as it refuses a suspended account, but in words. */
static bool is_rate_limit(const struct http_response *response) {
    SCOPED_JSON struct json_object *object =
        response->status == 403 ? json_parse_strict(&response->body) : NULL;
    const char *message = object ? json_text(object, "message") : NULL;
    return message && strcasestr(message, "rate limit");
}

/* Whether the endpoint itself refuses the token: RFC 6750 section 3.1, and JSON such as GitHub's. A
 * page for people, or a way to one, comes from something in between that knows no token. */
static bool refuses_token(const struct http_response *response) {
    if (response->status == 401)
        return true;
    if (response->status < 400 || !is_refusal(response->status) || is_rate_limit(response))
        return false;
    SCOPED_JSON struct json_object *object = json_parse_strict(&response->body);
    return object || response->body.length == 0;
}

/* The JSON object of an answer that is a 200: GRANTED; NOT_PERMITTED for a refusal. */
static enum verdict take_claims(const char *what, const char *url,
                                const struct http_response *response,
                                struct json_object **ret_claims, struct reason *reason) {
    if (response->status == 200)
        *ret_claims = json_parse_strict(&response->body);
    if (*ret_claims)
        return VERDICT_GRANTED;
    reason_set(reason, 0, "%s at %.*s answered HTTP %ld%s", what, host_length(url), url,
               response->status,
               response->status == 200   ? ", but no JSON object"
               : is_rate_limit(response) ? ": too many requests"
                                         : "");
    return refuses_token(response) ? VERDICT_NOT_PERMITTED : VERDICT_UNREACHABLE;
}

enum verdict provider_fetch_userinfo(const struct provider_config *provider, const char *url,
                                     const struct secret *access,
                                     const struct http_patience *patience,
                                     struct json_object **ret_claims, struct reason *reason) {
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    struct http_request request = {.url = url, .bearer = access};
    enum verdict verdict = provider_fetch(provider, &request, patience, &response, reason);
    return verdict == VERDICT_GRANTED ? take_claims("userinfo", url, &response, ret_claims, reason)
                                      : verdict;
}

enum verdict provider_introspect(const struct provider_config *provider, const char *url,
                                 const struct secret *access, const struct http_patience *patience,
                                 struct json_object **ret_claims, struct reason *reason) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    struct json_object *active = NULL;
    if (oauth_build_introspection(provider, access, &built) < 0) {
        reason_set(reason, 0, "out of memory");
        return VERDICT_FAULT;
    }
    struct http_request request = provider_request(url, &built);
    enum verdict verdict = provider_fetch(provider, &request, patience, &response, reason);
    if (verdict == VERDICT_GRANTED)
        verdict = take_claims("introspection", url, &response, ret_claims, reason);
    if (verdict != VERDICT_GRANTED)
        return verdict;
    if (json_object_object_get_ex(*ret_claims, "active", &active) &&
        json_object_is_type(active, json_type_boolean) && json_object_get_boolean(active))
        return VERDICT_GRANTED;
    reason_set(reason, 0, "introspection says that the token is not active");
    return VERDICT_DENIED;
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

enum verdict provider_keys(const struct provider_config *provider, struct record *record, bool anew,
                           const struct http_patience *patience, struct json_object **ret_keys,
                           struct reason *reason) {
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    const char *url = NULL;
    enum verdict verdict = provider_find(provider, PROVIDER_KEYS, record, patience, &url, reason);
    if (verdict != VERDICT_GRANTED)
        return verdict;
    if (!anew && provider_has_keys(provider, record) && (*ret_keys = parse_text(record->keys)))
        return VERDICT_GRANTED;
    if (url[0] == '\0') {
        reason_set(reason, 0, "%s has no jwks_uri to verify ID tokens with", provider->name);
        return VERDICT_MISCONFIGURED;
    }
    struct http_request request = {.url = url};
    verdict = provider_fetch(provider, &request, patience, &response, reason);
    if (verdict != VERDICT_GRANTED)
        return verdict;
    *ret_keys = response.status == 200 ? json_parse_strict(&response.body) : NULL;
    drop_certificates(*ret_keys);
    const char *text =
        *ret_keys ? json_object_to_json_string_ext(*ret_keys, JSON_C_TO_STRING_PLAIN) : NULL;
    if (!text || strlen(text) >= RECORD_KEYS_SIZE) {
        json_wipe(ret_keys);
        reason_set(reason, 0, "jwks_uri answered HTTP %ld and no JSON object below %d bytes",
                   response.status, RECORD_KEYS_SIZE);
        return VERDICT_UNREACHABLE;
    }
    strcpy(record->keys, text);
    snprintf(record->keys_from, sizeof record->keys_from, "%s", url);
    record->keys_fetched = clock_wall();
    return VERDICT_GRANTED;
}
