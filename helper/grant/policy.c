/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy.c - checks the administrator's demands beyond a renewed grant.
 */
#include "policy.h"

#include <string.h>

enum { POLICY_WORD_SIZE = 256 };

/* Sets the reason and evaluates to DENIED. */
#define DENY(reason, ...) (reason_set(reason, 0, __VA_ARGS__), VERDICT_DENIED)

/* Copies the next part of `*list`, up to one of `separators` and without the blanks around it.
 * Skips empty parts. False at the end. A part that is too long is cut but never skipped: a demand
 * MUST NOT get lost (config/check.c rejects one that is too long). */
static bool next_part(const char **list, const char *separators, char ret[POLICY_WORD_SIZE]) {
    for (;;) {
        *list += strspn(*list, separators);
        *list += strspn(*list, " \t");
        size_t length = strcspn(*list, separators);
        const char *part = *list;
        *list += length;

        while (length > 0 && strchr(" \t", part[length - 1]))
            length--;
        if (length == 0 && **list != '\0')
            continue;
        if (length == 0)
            return false;

        if (length >= POLICY_WORD_SIZE)
            length = POLICY_WORD_SIZE - 1;
        memcpy(ret, part, length);
        ret[length] = '\0';
        return true;
    }
}

enum verdict policy_check_scope(const struct provider_config *provider, const char *scope,
                                struct reason *reason) {
    char word[POLICY_WORD_SIZE];
    const char *wanted = provider->require_scope;

    while (next_part(&wanted, " \t,", word))
        if (!config_list_has(scope, word))
            return DENY(reason, "require_scope: the grant lacks %s%s", word,
                        scope[0] == '\0' ? " (the provider does not say what it granted)" : "");
    return VERDICT_NONE;
}

/* Whether a claim's text is exactly `group`, or, with a separator, has it as one of its parts. */
static bool text_has_group(const char *text, const char *separator, const char *group) {
    char part[POLICY_WORD_SIZE];

    if (separator[0] == '\0')
        return strcmp(text, group) == 0;
    while (next_part(&text, separator, part))
        if (strcmp(part, group) == 0)
            return true;
    return false;
}

static bool has_group(const struct provider_config *provider, struct json_object *groups,
                      const char *group) {
    const char *text = json_value_text(groups);

    if (text)
        return text_has_group(text, provider->groups_separator, group);
    if (!json_object_is_type(groups, json_type_array))
        return false;

    for (size_t i = 0; i < json_object_array_length(groups); i++) {
        text = json_value_text(json_object_array_get_idx(groups, i));
        if (text && strcmp(text, group) == 0)
            return true;
    }
    return false;
}

/* Whether the value is exactly `text`. It may be a string, a whole number or a boolean. */
static bool is_value(struct json_object *value, const char *text) {
    char number[JSON_NUMBER_SIZE];
    const char *string = json_value_text(value);

    if (string)
        return strcmp(string, text) == 0;
    if (json_object_is_type(value, json_type_boolean))
        return strcmp(json_object_get_boolean(value) ? "true" : "false", text) == 0;
    return json_value_number(value, number) && strcmp(number, text) == 0;
}

/* Whether the claims only say that `claim` is available elsewhere (OpenID Connect Core section
 * 5.6.2), or have `hasgroups`, which Entra sends instead of the groups to keep a token short. */
static bool is_elsewhere(struct json_object *claims, const char *claim) {
    struct json_object *names = NULL, *has = NULL;

    if (json_object_object_get_ex(claims, "_claim_names", &names) &&
        json_object_is_type(names, json_type_object) &&
        json_object_object_get_ex(names, claim, NULL))
        return true;
    return strcmp(claim, "groups") == 0 && json_object_object_get_ex(claims, "hasgroups", &has) &&
           is_value(has, "true");
}

static enum verdict check_groups(const struct provider_config *provider, struct json_object *claims,
                                 struct reason *reason) {
    char group[POLICY_WORD_SIZE];
    const char *wanted = provider->require_groups;

    if (wanted[0] == '\0')
        return VERDICT_NONE;

    struct json_object *groups = json_value_at(claims, provider->groups_claim);
    if (!groups && is_elsewhere(claims, provider->groups_claim)) {
        reason_set(reason, 0,
                   "require_groups: the provider left out %s because there are too many (an "
                   "overage; Entra's limit is 200); configure it to send only the groups assigned "
                   "to the application, or to send roles, with groups_claim = roles here",
                   provider->groups_claim);
        return VERDICT_MISCONFIGURED;
    }
    if (!groups)
        return DENY(reason, "require_groups: the claims have no %s", provider->groups_claim);

    while (next_part(&wanted, ",", group))
        if (has_group(provider, groups, group))
            return VERDICT_NONE;
    return DENY(reason, "require_groups: the account is in none of %.200s",
                provider->require_groups);
}

static enum verdict check_claim(const char *demand, struct json_object *claims,
                                struct reason *reason) {
    char path[POLICY_WORD_SIZE];
    size_t length = strcspn(demand, "=");

    memcpy(path, demand, length);
    path[length] = '\0';
    struct json_object *value = json_value_at(claims, path);
    if (!value)
        return DENY(reason, "require_claim: the claims have no %s", path);
    return is_value(value, demand + length + 1)
               ? VERDICT_NONE
               : DENY(reason, "require_claim: %s is not met", demand);
}

enum verdict policy_check_claims(const struct provider_config *provider, struct json_object *claims,
                                 struct reason *reason) {
    char demand[POLICY_WORD_SIZE];
    const char *wanted = provider->require_claim;
    enum verdict verdict = check_groups(provider, claims, reason);

    while (verdict == VERDICT_NONE && next_part(&wanted, " \t,", demand))
        verdict = check_claim(demand, claims, reason);
    return verdict;
}
