/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proof.c - checks proof that the account is active and still belongs to the same person.
 */
#include "proof.h"

#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "id_token.h"
#include "identity.h"
#include "keys.h"
#include "policy.h"
#include "provider.h"
#include "verdict.h"

/* Sets the reason and evaluates to DENIED. */
#define DENY(reason, ...) (reason_set(reason, 0, __VA_ARGS__), VERDICT_DENIED)

bool proof_is_needed(const struct provider_config *provider) {
    return provider->require != REQUIRE_REFRESH;
}

/* An ID token we cannot read says nothing about the user: MISCONFIGURED, not DENIED. It stays
 * unreadable until an administrator changes the client at the provider. */
static enum verdict conclude_unreadable(const struct secret *token, struct reason *reason) {
    reason_set(reason, 0,
               "the ID token %s; configure the provider to sign it but not to encrypt it (no "
               "id_token_encrypted_response_alg for this client), or remove openid from scope and "
               "enroll again",
               id_token_is_encrypted(token) ? "is encrypted" : "is not a compact JWS of JSON");
    return VERDICT_MISCONFIGURED;
}

/* Checks the claims of an ID token without its signature: it came from the token endpoint, whose
 * TLS has proven the issuer (OpenID Connect Core section 3.1.3.7 item 6). The claims prove nothing;
 * they may only be used to refuse a login. */
static enum verdict check_id_token(const struct provider_config *provider, struct record *record,
                                   const struct record_grant *grant, const char *subject,
                                   struct reason *reason) {
    SCOPED_JSON struct json_object *claims = id_token_read(&grant->id_token);
    if (!claims)
        return conclude_unreadable(&grant->id_token, reason);

    /* Without a configured issuer, the ID token's issuer cannot be checked, but its subject is. */
    const char *issuer = provider->issuer[0] != '\0' ? provider->issuer : json_text(claims, "iss");
    if (!id_token_check(claims, issuer ? issuer : "", provider->client_id, clock_wall(), reason))
        return VERDICT_DENIED;
    if (strcmp(json_text(claims, "sub"), subject) != 0)
        return DENY(reason, "the ID token is for a subject other than %.100s", subject);
    if (grant->nonce[0] != '\0' && !id_token_has_nonce(claims, grant->nonce))
        return DENY(reason, "the ID token is not from this enrollment: its nonce is %s",
                    json_text(claims, "nonce") ? "wrong" : "missing");

    int64_t issued = id_token_issued(claims);
    if (issued + ID_TOKEN_TOLERANCE < record->id_token_issued)
        return DENY(reason, "the ID token is older than the previous one");
    if (issued > record->id_token_issued)
        record->id_token_issued = issued;
    return VERDICT_NONE;
}

enum verdict proof_check_answer(const struct provider_config *provider, struct record *record,
                                const struct record_grant *grant, const char *subject,
                                struct reason *reason) {
    enum verdict verdict = policy_check_scope(provider, grant->scope, reason);
    /* With another subject_claim, the subject cannot be compared with `sub` (config/check.c). */
    bool comparable = strcmp(provider->subject_claim, "sub") == 0;

    if (verdict != VERDICT_NONE || grant->id_token.length == 0 || !comparable)
        return verdict;
    return check_id_token(provider, record, grant, subject, reason);
}

enum verdict proof_verify_id_token(const struct provider_config *provider, struct record *record,
                                   const struct record_grant *grant,
                                   const struct http_patience *patience,
                                   struct json_object **ret_claims, struct reason *reason) {
    enum id_token_signature signature = ID_TOKEN_UNKNOWN_KEY;

    if (grant->id_token.length == 0 || !id_token_is_accepted(&grant->id_token)) {
        reason_set(reason, 0, "require = id_token, but %s sent %s", provider->name,
                   grant->id_token.length == 0 ? "none" : "one whose algorithm is not accepted");
        return VERDICT_MISCONFIGURED;
    }

    /* If cached keys fail, try again with freshly fetched ones: the provider may have changed them,
     * with a new key ID or without one. */
    for (int refetch = 0; refetch < 2 && signature != ID_TOKEN_GOOD; refetch++) {
        SCOPED_JSON struct json_object *keys = NULL;
        bool cached = keys_are_cached(provider, record);
        enum outcome outcome = keys_find(provider, record, refetch, patience, &keys, reason);
        if (outcome != OUTCOME_ANSWERED)
            return verdict_of(outcome);
        signature = id_token_verify(&grant->id_token, keys, reason);
        if (!cached)
            break;
    }
    if (signature != ID_TOKEN_GOOD)
        return VERDICT_DENIED;

    *ret_claims = id_token_read(&grant->id_token);
    if (!*ret_claims)
        return DENY(reason, "the ID token's payload is not a JSON object");
    return id_token_check(*ret_claims, provider->issuer, provider->client_id, clock_wall(), reason)
               ? VERDICT_NONE
               : VERDICT_DENIED;
}

/* Fetches the claims of userinfo or introspection. NONE with the object, owned by the caller. */
static enum verdict fetch_claims(const struct provider_config *provider, struct record *record,
                                 const struct secret *access, const struct http_patience *patience,
                                 struct json_object **ret_claims, struct reason *reason) {
    bool userinfo = provider->require == REQUIRE_USERINFO;
    enum provider_endpoint endpoint = userinfo ? PROVIDER_USERINFO : PROVIDER_INTROSPECTION;
    const char *url = NULL;
    enum outcome outcome = provider_find(provider, endpoint, record, patience, &url, reason);
    if (outcome != OUTCOME_ANSWERED)
        return verdict_of(outcome);
    if (url[0] == '\0') {
        reason_set(reason, 0, "require = %s, but [provider %s] has no such endpoint",
                   userinfo ? "userinfo" : "introspection", provider->name);
        return verdict_of(OUTCOME_NO_ENDPOINT);
    }

    if (!userinfo)
        return verdict_of(fetch_introspection(provider, url, access, patience, ret_claims, reason));
    outcome = fetch_userinfo(provider, url, access, patience, ret_claims, reason);
    /* If userinfo rejects a token that was just issued, the account is disabled or deleted. */
    return outcome == OUTCOME_NOT_SERVED ? VERDICT_DENIED : verdict_of(outcome);
}

/* Whether the claims are about `subject`. Introspection may leave out `sub` (RFC 7662 section 2.2);
 * userinfo MUST have it (OpenID Connect Core section 5.3.2). */
static bool is_subject(const struct provider_config *provider, struct json_object *claims,
                       const char *subject) {
    char found[RECORD_SUBJECT_SIZE];
    bool userinfo = provider->require == REQUIRE_USERINFO;

    if (!identity_subject(claims, userinfo ? provider->subject_claim : "sub", found))
        return provider->require == REQUIRE_INTROSPECTION &&
               !json_object_object_get_ex(claims, "sub", NULL);
    return strcmp(found, subject) == 0;
}

enum verdict proof_check_live(const struct provider_config *provider, struct record *record,
                              const struct record_grant *grant, const char *subject,
                              const struct http_patience *patience, struct reason *reason) {
    SCOPED_JSON struct json_object *claims = NULL;
    enum verdict verdict = VERDICT_NONE;

    if (!proof_is_needed(provider))
        return VERDICT_NONE;
    if (provider->require == REQUIRE_ID_TOKEN)
        verdict = proof_verify_id_token(provider, record, grant, patience, &claims, reason);
    else
        verdict = fetch_claims(provider, record, &grant->access, patience, &claims, reason);
    if (verdict != VERDICT_NONE)
        return verdict;

    if (!is_subject(provider, claims, subject))
        return DENY(reason, "the provider's proof is for a subject other than %.100s", subject);
    return policy_check_claims(provider, claims, reason);
}
