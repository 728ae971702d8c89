/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * identity.c - matches the provider's claims with the local account. Only whole strings are
 * compared: no prefix, no case folding.
 */
#include "identity.h"

#include <string.h>

#include "provider.h"
#include "text.h"

/* Sets the reason and evaluates to DENIED. */
#define DENY(reason, ...) (reason_set(reason, 0, __VA_ARGS__), VERDICT_DENIED)

/* Whether `name` is exactly `account`, followed by one of the suffixes if there are any. */
static bool is_account_with_suffix(const char *name, const char *account, const char *suffixes) {
    size_t length = strlen(account);

    if (strncmp(name, account, length) != 0)
        return false;
    const char *rest = name + length;
    return suffixes[0] != '\0' ? config_list_has(suffixes, rest) : rest[0] == '\0';
}

/* Whether the claim is an email address that the provider marks as unverified: it may belong to
 * another person (OpenID Connect Core section 5.7). */
static bool is_unverified_email(const char *claim, struct json_object *claims) {
    struct json_object *verified = NULL;

    return strcmp(claim, "email") == 0 &&
           json_object_object_get_ex(claims, "email_verified", &verified) &&
           !(json_object_is_type(verified, json_type_boolean) &&
             json_object_get_boolean(verified)) &&
           !(json_value_text(verified) && strcmp(json_value_text(verified), "true") == 0);
}

static enum verdict match_claim(const struct provider_config *provider, const char *account,
                                struct json_object *claims, struct reason *reason) {
    const char *claim = provider->username_claim;
    const char *name = json_text_at(claims, claim);

    if (!name)
        return DENY(reason, "the provider's claims have no text at username_claim = %s", claim);
    if (is_unverified_email(claim, claims))
        return DENY(reason, "the provider has not verified the email address %.100s", name);
    if (!is_account_with_suffix(name, account, provider->username_suffix))
        return DENY(reason, "the grant belongs to %s = %.100s, not to account %s%s%.100s", claim,
                    name, account,
                    provider->username_suffix[0] != '\0' ? " with username_suffix " : "",
                    provider->username_suffix);
    return VERDICT_NONE;
}

bool identity_subject(struct json_object *claims, const char *claim,
                      char ret[RECORD_SUBJECT_SIZE]) {
    struct json_object *value = json_value_at(claims, claim);
    const char *text = json_value_text(value);

    if (text)
        return text_copy(ret, RECORD_SUBJECT_SIZE, text);
    return strcmp(claim, "sub") != 0 && json_value_number(value, ret);
}

enum verdict identity_match(const struct config *config, const struct account *account,
                            struct json_object *claims, const char *subject_claim,
                            char ret_subject[RECORD_SUBJECT_SIZE], struct reason *reason) {
    const char *subject = ret_subject;
    const char *mapped = config_subject_of(config, account->name);

    if (!identity_subject(claims, subject_claim, ret_subject))
        return DENY(reason, "the provider's claims have no %s of 1 to 255 bytes", subject_claim);
    if (mapped && strcmp(mapped, subject) != 0)
        return DENY(reason,
                    "the grant belongs to subject %.100s, but [accounts %s] has %s = %.100s",
                    subject, config->provider.name, account->name, mapped);
    if (mapped)
        return VERDICT_NONE;
    if (config->provider.username_claim[0] == '\0')
        return DENY(reason,
                    "[accounts %s] has no entry for %s; the grant belongs to subject %.100s: if "
                    "that is the right person, add %s = %.100s",
                    config->provider.name, account->name, subject, account->name, subject);
    return match_claim(&config->provider, account->name, claims, reason);
}

enum verdict identity_match_configured(const struct config *config, const struct account *account,
                                       char ret_subject[RECORD_SUBJECT_SIZE],
                                       struct reason *reason) {
    const char *mapped = config_subject_of(config, account->name);

    if (!mapped || !text_copy(ret_subject, RECORD_SUBJECT_SIZE, mapped))
        return DENY(reason,
                    "the provider has no userinfo for this grant, and [accounts %s] has no "
                    "entry for %s; one of them must tell whose grant it is",
                    config->provider.name, account->name);
    return VERDICT_NONE;
}

enum verdict identity_check_pin(const struct config *config, const struct account *account,
                                const struct record *record, struct reason *reason) {
    const char *issuer = provider_identity(&config->provider);
    const char *mapped = config_subject_of(config, account->name);

    if (strcmp(issuer, record->issuer) != 0)
        return DENY(
            reason,
            "the grant is pinned to issuer %.120s, but [provider %s] now has %.120s; change "
            "it back, or run: oauth-login unenroll %s --forget, and enroll again",
            record->issuer, config->provider.name, issuer, account->name);
    if (mapped && strcmp(mapped, record->subject) != 0)
        return DENY(reason,
                    "the grant is pinned to subject %.100s, but [accounts %s] has %s = %.100s",
                    record->subject, config->provider.name, account->name, mapped);
    if (!mapped && config->provider.username_claim[0] == '\0')
        return DENY(reason, "[accounts %s] has no entry for %s", config->provider.name,
                    account->name);
    return VERDICT_NONE;
}
