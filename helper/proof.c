/*
 * proof.c - live proof that the account is active.
 */
#include "proof.h"

#include <string.h>

#include "policy.h"
#include "provider.h"

bool proof_is_needed(const struct provider_config *provider) {
    return provider->require != REQUIRE_REFRESH || provider->require_scope[0] != '\0';
}

/* The claims that prove it: GRANTED with the object, owned by the caller. */
static enum verdict fetch_claims(const struct provider_config *provider, struct record *record,
                                 const struct secret *access, const struct http_patience *patience,
                                 struct json_object **ret_claims, struct reason *reason) {
    bool userinfo = provider->require == REQUIRE_USERINFO;
    const char *url = NULL;
    enum verdict verdict =
        provider_find(provider, userinfo ? PROVIDER_USERINFO : PROVIDER_INTROSPECTION, record,
                      patience, &url, reason);
    if (verdict != VERDICT_GRANTED)
        return verdict;
    if (url[0] == '\0') {
        reason_set(reason, 0, "require = %s, but [provider %s] has no such endpoint",
                   userinfo ? "userinfo" : "introspection", provider->name);
        return VERDICT_MISCONFIGURED;
    }
    if (!userinfo)
        verdict = provider_introspect(provider, url, access, patience, ret_claims, reason);
    else
        verdict = provider_fetch_userinfo(provider, url, access, patience, ret_claims, reason);
    if (verdict != VERDICT_NOT_PERMITTED)
        return verdict;
    /* A fresh token that userinfo does not take is the account's end; a client that may not
     * introspect is the client's. */
    return userinfo ? VERDICT_DENIED : VERDICT_MISCONFIGURED;
}

/* RFC 7662 leaves `sub` out where it likes; userinfo MUST have it (OpenID Connect Core 5.3.2). */
static bool is_subject(const struct provider_config *provider, struct json_object *claims,
                       const char *subject) {
    const char *found = json_text(claims, "sub");
    if (!found)
        return provider->require == REQUIRE_INTROSPECTION &&
               !json_object_object_get_ex(claims, "sub", NULL);
    return strcmp(found, subject) == 0;
}

enum verdict proof_check(const struct provider_config *provider, struct record *record,
                         const struct record_grant *grant, const char *subject,
                         const struct http_patience *patience, struct reason *reason) {
    SCOPED_JSON struct json_object *claims = NULL;
    enum verdict verdict = policy_check_scope(provider, grant->scope, reason);
    if (verdict != VERDICT_GRANTED || provider->require == REQUIRE_REFRESH)
        return verdict;
    verdict = fetch_claims(provider, record, &grant->access, patience, &claims, reason);
    if (verdict != VERDICT_GRANTED)
        return verdict;
    if (!is_subject(provider, claims, subject)) {
        reason_set(reason, 0, "the provider's proof is of another subject than %.100s", subject);
        return VERDICT_DENIED;
    }
    return policy_check_claims(provider, claims, reason);
}
