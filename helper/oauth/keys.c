/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keys.c - the keys with which a provider signs.
 */
#include "keys.h"

#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "provider.h"
#include "text.h"

static struct json_object *parse_text(const char *text) {
    SCOPED_SECRET struct secret bytes = {0};

    return secret_set(&bytes, text, strlen(text), RECORD_KEYS_SIZE) < 0 ? NULL
                                                                        : json_parse_strict(&bytes);
}

/* Removes the certificates (x5c), which are most of a key set (20 kB in Entra's) and are not used
 * here. */
static void drop_certificates(struct json_object *keys) {
    struct json_object *list = keys ? json_value_at(keys, "keys") : NULL;
    bool is_list = json_object_is_type(list, json_type_array);
    size_t count = is_list ? json_object_array_length(list) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_object *key = json_object_array_get_idx(list, i);
        if (json_object_is_type(key, json_type_object))
            json_object_object_del(key, "x5c");
    }
}

bool keys_are_cached(const struct provider_config *provider, const struct record *record) {
    const char *url = provider->jwks_uri[0] != '\0' ? provider->jwks_uri : record->jwks_uri;
    int64_t age = clock_wall() - record->keys_fetched;

    return record->keys[0] != '\0' && strcmp(record->keys_from, url) == 0 && age >= 0 &&
           age < PROVIDER_DISCOVERY_LIFE;
}

/* Fetches the key set from `url` into `record` as well as `ret_keys`. */
static enum outcome fetch_keys(const struct provider_config *provider, const char *url,
                               struct record *record, const struct http_patience *patience,
                               struct json_object **ret_keys, struct reason *reason) {
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    struct http_request request = {.url = url};
    enum outcome outcome = fetch_perform(provider, &request, patience, &response, reason);
    if (outcome != OUTCOME_ANSWERED)
        return outcome;

    *ret_keys = response.status == 200 ? json_parse_strict(&response.body) : NULL;
    drop_certificates(*ret_keys);
    const char *text =
        *ret_keys ? json_object_to_json_string_ext(*ret_keys, JSON_C_TO_STRING_PLAIN) : NULL;
    if (!text || strlen(text) >= sizeof record->keys) {
        json_wipe(ret_keys);
        reason_set(reason, 0,
                   "jwks_uri answered HTTP %ld without a JSON object of less than %zu bytes",
                   response.status, sizeof record->keys);
        return OUTCOME_UNAVAILABLE;
    }

    text_copy(record->keys, sizeof record->keys, text);
    text_copy(record->keys_from, sizeof record->keys_from, url);
    record->keys_fetched = clock_wall();
    return OUTCOME_ANSWERED;
}

enum outcome keys_find(const struct provider_config *provider, struct record *record, bool refetch,
                       const struct http_patience *patience, struct json_object **ret_keys,
                       struct reason *reason) {
    const char *url = NULL;
    enum outcome outcome = provider_find(provider, PROVIDER_KEYS, record, patience, &url, reason);
    if (outcome != OUTCOME_ANSWERED)
        return outcome;

    if (!refetch && keys_are_cached(provider, record) && (*ret_keys = parse_text(record->keys)))
        return OUTCOME_ANSWERED;
    if (url[0] == '\0') {
        reason_set(reason, 0, "%s has no jwks_uri to verify ID tokens with", provider->name);
        return OUTCOME_NO_ENDPOINT;
    }
    return fetch_keys(provider, url, record, patience, ret_keys, reason);
}
