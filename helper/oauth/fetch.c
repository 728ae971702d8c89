/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fetch.c - sends one request to a provider's endpoint and judges the response.
 */
#include "fetch.h"

#include <string.h>

struct http_settings fetch_settings(const struct provider_config *provider) {
    return (struct http_settings){.ca_file = provider->ca_file, .proxy = provider->proxy};
}

struct http_request fetch_request(const char *url, const struct oauth_request *built) {
    return (struct http_request){
        .url = url,
        .form = &built->form,
        .username = built->basic ? secret_text(&built->username) : NULL,
        .password = &built->password,
    };
}

/* Returns the length of the address up to its path: the log names scheme and host, not the whole
 * address. */
static int origin_length(const char *url) {
    const char *host = strstr(url, "://");
    host = host ? host + 3 : url;
    return (int)((size_t)(host - url) + strcspn(host, "/?#"));
}

/* A row for each cause of an incomplete response. */
static const struct {
    enum outcome outcome;
    const char *prefix; /* precedes libcurl's own words in the reason */
} failures[HTTP_CAUSE_COUNT] = {
    [HTTP_CAUSE_OTHER] = {OUTCOME_LOST, ""},
    [HTTP_NOT_RESOLVED] = {OUTCOME_NOT_RESOLVED, ""},
    [HTTP_NOT_CONNECTED] = {OUTCOME_NOT_CONNECTED, ""},
    [HTTP_TIMED_OUT] = {OUTCOME_TIMED_OUT, ""},
    [HTTP_UNKNOWN_ISSUER] = {OUTCOME_TLS_UNKNOWN_ISSUER, "TLS failed: "},
    [HTTP_SELF_SIGNED] = {OUTCOME_TLS_SELF_SIGNED, "TLS failed: "},
    [HTTP_EXPIRED] = {OUTCOME_TLS_EXPIRED, "TLS failed: "},
    [HTTP_NOT_YET_VALID] = {OUTCOME_TLS_NOT_YET_VALID, "TLS failed: "},
    [HTTP_OTHER_HOST] = {OUTCOME_TLS_OTHER_HOST, "TLS failed: "},
    [HTTP_NO_TLS] = {OUTCOME_TLS_FAILED, "TLS failed: "},
    [HTTP_SETTING_UNUSABLE] = {OUTCOME_SETTING_UNUSABLE, "ca_file, proxy or address is unusable: "},
};

enum outcome fetch_judge_failure(const char *url, const struct http_response *response,
                                 struct reason *reason) {
    reason_set(reason, 0, "%.*s: %s%s", origin_length(url), url, failures[response->cause].prefix,
               response->reason.text);
    return failures[response->cause].outcome;
}

enum outcome fetch_perform(const struct provider_config *provider,
                           const struct http_request *request, const struct http_patience *patience,
                           struct http_response *ret, struct reason *reason) {
    struct http_settings settings = fetch_settings(provider);
    struct http_patience brief = {
        .deadline_ms = patience->deadline_ms,
        .linger_ms = patience->deadline_ms,
    };
    int r = http_perform(&settings, request, &brief, ret);

    if (r < 0) {
        reason_set(reason, 0, "cannot make an HTTP request: %s", strerror(-r));
        return OUTCOME_FAILED;
    }
    return ret->outcome == HTTP_ANSWERED ? OUTCOME_ANSWERED
                                         : fetch_judge_failure(request->url, ret, reason);
}

bool fetch_is_refusal(long status) {
    return status >= 300 && status < 500 && status != 408 && status != 429;
}

/* GitHub answers 403 both for rate limiting and for a suspended account; only the message differs.
 */
static bool is_rate_limit(const struct http_response *response) {
    SCOPED_JSON struct json_object *object =
        response->status == 403 ? json_parse_strict(&response->body) : NULL;
    const char *message = object ? json_text(object, "message") : NULL;
    return message && strcasestr(message, "rate limit");
}

/* Whether the endpoint itself refuses the token: with 401 (RFC 6750 section 3.1), or with a 4xx
 * whose body is JSON, as GitHub's is, or empty. An HTML page or a redirect comes from something in
 * between, such as a captive portal, that has not looked at the token. */
static bool refuses_token(const struct http_response *response) {
    if (response->status == 401)
        return true;
    if (response->status < 400 || !fetch_is_refusal(response->status) || is_rate_limit(response))
        return false;
    SCOPED_JSON struct json_object *object = json_parse_strict(&response->body);
    return object || response->body.length == 0;
}

/* Takes the JSON object of a response with status 200. Returns ANSWERED; NOT_SERVED if the endpoint
 * refused the token; else THROTTLED or UNAVAILABLE, with the reason. */
static enum outcome take_claims(const char *what, const char *url,
                                const struct http_response *response,
                                struct json_object **ret_claims, struct reason *reason) {
    bool limited = is_rate_limit(response);
    const char *detail = limited ? ": too many requests" : "";

    if (response->status == 200) {
        *ret_claims = json_parse_strict(&response->body);
        detail = " without a JSON object";
    }
    if (*ret_claims)
        return OUTCOME_ANSWERED;

    reason_set(reason, 0, "%s at %.*s answered HTTP %ld%s", what, origin_length(url), url,
               response->status, detail);
    if (refuses_token(response))
        return OUTCOME_NOT_SERVED;
    return limited || response->status == 429 ? OUTCOME_THROTTLED : OUTCOME_UNAVAILABLE;
}

enum outcome fetch_userinfo(const struct provider_config *provider, const char *url,
                            const struct secret *access, const struct http_patience *patience,
                            struct json_object **ret_claims, struct reason *reason) {
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    struct http_request request = {.url = url, .bearer = access};
    enum outcome outcome = fetch_perform(provider, &request, patience, &response, reason);

    return outcome == OUTCOME_ANSWERED ? take_claims("userinfo", url, &response, ret_claims, reason)
                                       : outcome;
}

enum outcome fetch_introspection(const struct provider_config *provider, const char *url,
                                 const struct secret *access, const struct http_patience *patience,
                                 struct json_object **ret_claims, struct reason *reason) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    struct json_object *active = NULL;

    if (oauth_build_introspection(provider, access, &built) < 0) {
        reason_set(reason, 0, "out of memory");
        return OUTCOME_FAILED;
    }

    struct http_request request = fetch_request(url, &built);
    enum outcome outcome = fetch_perform(provider, &request, patience, &response, reason);
    if (outcome == OUTCOME_ANSWERED)
        outcome = take_claims("introspection", url, &response, ret_claims, reason);
    if (outcome != OUTCOME_ANSWERED)
        return outcome;

    if (json_object_object_get_ex(*ret_claims, "active", &active) &&
        json_object_is_type(active, json_type_boolean) && json_object_get_boolean(active))
        return OUTCOME_ANSWERED;
    reason_set(reason, 0, "introspection says that the token is not active");
    return OUTCOME_DENIED;
}
