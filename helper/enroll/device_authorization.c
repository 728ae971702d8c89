/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * device_authorization.c - the device authorization grant.
 */
#include "device_authorization.h"

#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "json.h"
#include "text.h"
#include "url.h"
#include "verdict.h"

enum {
    DEVICE_INTERVAL = 5, /* seconds, when the provider sends no interval: RFC 8628 section 3.2 */
    DEVICE_INTERVAL_MAX = 60,
    DEVICE_SLOW_DOWN = 5,       /* seconds that each slow_down adds permanently: section 3.5 */
    DEVICE_PATIENCE_MS = 10000, /* for one request */
    DEVICE_LIFE = 300,          /* seconds, when the provider sends no expires_in */
};

void device_authorization_clear(struct device_authorization *flow) {
    secret_clear(&flow->code);
    *flow = (struct device_authorization){.interval = 0};
}

/* Reads a number of seconds of at least 1, rounded down and capped at `most`. Returns `fallback`
 * for anything else. */
static uint32_t take_seconds(struct json_object *object, const char *name, uint32_t fallback,
                             uint32_t most) {
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(object, name, &value) ||
        (!json_object_is_type(value, json_type_int) &&
         !json_object_is_type(value, json_type_double)) ||
        json_object_get_int64(value) < 1)
        return fallback;
    int64_t seconds = json_object_get_int64(value);
    return seconds < most ? (uint32_t)seconds : most;
}

_Static_assert((int)URL_MAX <= (int)PROTOCOL_ADDRESS_MAX, "every address fits into a prompt");

/* Copies an address for the user to open. False when there is none. */
static bool take_address(struct json_object *object, const char *name,
                         char ret[PROTOCOL_ADDRESS_MAX + 1]) {
    const char *address = json_text(object, name);

    return address && url_is_valid(address, "https://") &&
           text_copy(ret, PROTOCOL_ADDRESS_MAX + 1, address);
}

/* Returns the fix for an error that came instead of a code, for an administrator; "" when
 * unknown. */
static const char *fix_of(const char *error) {
    static const struct {
        const char *error, *fix;
    } fixes[] = {
        {"invalid_scope",
         "; set scope to what this client may request, e.g. openid offline_access"},
        {"unauthorized_client",
         "; allow this client device authorization at the provider, or enroll with --browser"},
        {"invalid_client", "; check client_id and the secret: oauth-login doctor tries them"},
    };

    for (size_t i = 0; i < sizeof fixes / sizeof fixes[0]; i++)
        if (strcmp(error, fixes[i].error) == 0)
            return fixes[i].fix;
    return "";
}

static void explain(long status, const char *error, struct reason *reason) {
    if (error)
        reason_set(reason, 0, "device authorization answered HTTP %ld: %.64s%s", status, error,
                   fix_of(error));
    else
        reason_set(reason, 0, "device authorization answered HTTP %ld without a usable code",
                   status);
}

bool device_authorization_parse(long status, const struct secret *body,
                                struct device_authorization *ret, struct reason *reason) {
    SCOPED_JSON struct json_object *object = json_parse_strict(body);
    const char *code = object ? json_text(object, "device_code") : NULL;
    const char *user_code = object ? json_text(object, "user_code") : NULL;
    const char *error = object ? json_text(object, "error") : NULL;
    struct prompt *prompt = &ret->prompt;

    if (status != 200 || !code || !user_code || strlen(user_code) > 64 ||
        (!take_address(object, "verification_uri", prompt->address) &&
         !take_address(object, "verification_url", prompt->address))) {
        explain(status, error, reason);
        return false;
    }
    if (secret_set(&ret->code, code, strlen(code), PROTOCOL_TOKEN_MAX) < 0) {
        reason_set(reason, 0, "device_code is over %d bytes, or out of memory", PROTOCOL_TOKEN_MAX);
        return false;
    }

    reason_escape(prompt->code, sizeof prompt->code, user_code, strlen(user_code));
    take_address(object, "verification_uri_complete", prompt->address_with_code);
    prompt->seconds = take_seconds(object, "expires_in", DEVICE_LIFE, PROTOCOL_PROMPT_MAX);
    ret->interval = take_seconds(object, "interval", DEVICE_INTERVAL, DEVICE_INTERVAL_MAX);
    return true;
}

enum outcome device_authorization_begin(const struct provider_config *provider, const char *url,
                                        const struct http_patience *patience,
                                        struct device_authorization *ret, struct reason *reason) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    SCOPED_HTTP_RESPONSE struct http_response response = {0};

    if (oauth_build_device(provider, &built) < 0) {
        reason_set(reason, 0, "auth_params too long, or out of memory");
        return OUTCOME_FAILED;
    }

    struct http_request request = fetch_request(url, &built);
    enum outcome outcome = fetch_perform(provider, &request, patience, &response, reason);
    if (outcome != OUTCOME_ANSWERED)
        return outcome;

    if (device_authorization_parse(response.status, &response.body, ret, reason))
        return OUTCOME_ANSWERED;
    if (response.status == 429)
        return OUTCOME_THROTTLED;
    return response.status >= 500 ? OUTCOME_UNAVAILABLE : OUTCOME_CLIENT_REFUSED;
}

/* Asks the token endpoint once whether the user has decided. */
static void ask_once(const struct provider_config *provider, const char *url,
                     const struct oauth_request *built, int64_t until_ms,
                     struct oauth_response *ret) {
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    struct http_request request = fetch_request(url, built);
    int64_t soon = clock_boot_ms() + DEVICE_PATIENCE_MS;
    int64_t end = soon < until_ms ? soon : until_ms;
    struct http_patience patience = {.deadline_ms = end, .linger_ms = end};

    oauth_response_clear(ret);
    ret->outcome = fetch_perform(provider, &request, &patience, &response, &ret->reason);
    if (ret->outcome == OUTCOME_ANSWERED)
        oauth_judge(response.status, &response.body, ret);
}

void device_authorization_poll(const struct provider_config *provider, const char *url,
                               struct device_authorization *flow, const struct peer *peer,
                               struct oauth_response *ret) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    int64_t until = clock_boot_ms() + (int64_t)flow->prompt.seconds * 1000;

    if (oauth_build_device_token(provider, &flow->code, &built) < 0) {
        reason_set(&ret->reason, 0, "out of memory");
        ret->outcome = OUTCOME_FAILED;
        return;
    }

    for (;;) {
        bool here = peer_wait(peer, (int)flow->interval * 1000);
        if (!here || clock_boot_ms() >= until)
            break;
        ask_once(provider, url, &built, until, ret);
        if (verdict_of(ret->outcome) != VERDICT_UNREACHABLE)
            return;
        /* RFC 8628 section 3.5: ask less often, both after slow_down and when the provider cannot
         * be reached. */
        if (ret->outcome != OUTCOME_PENDING && flow->interval < DEVICE_INTERVAL_MAX)
            flow->interval += DEVICE_SLOW_DOWN;
    }

    ret->outcome = OUTCOME_GRANT_DEAD;
    reason_set(&ret->reason, 0, "nobody has approved the code in time");
}
