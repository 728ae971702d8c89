/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * id_token.h - ID tokens (OpenID Connect Core section 2): JWS in compact serialization, whose
 * signatures libjose verifies with a pinned list of asymmetric algorithms, and their claims. Pure:
 * no I/O.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_ID_TOKEN_H
#define OAUTH_LOGIN_HELPER_OAUTH_ID_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "json.h"
#include "reason.h"
#include "secret.h"

/* Seconds by which the clocks of the provider's servers and this machine's may differ. */
enum { ID_TOKEN_TOLERANCE = 600 };

/* Reads the claims without checking the signature, for a token that came straight from the token
 * endpoint (section 3.1.3.7 item 6), where TLS has proven the issuer. NULL when it is not a compact
 * JWS of JSON; the caller owns the object. */
struct json_object *id_token_read(const struct secret *token);

/* Whether it is a compact JWE (RFC 7516 section 7.1), five parts, which the helper cannot decrypt.
 */
bool id_token_is_encrypted(const struct secret *token);

/* Whether the token's algorithm is on the list. Any other, HMAC above all, proves nothing. */
bool id_token_is_accepted(const struct secret *token);

enum id_token_signature {
    ID_TOKEN_GOOD,
    ID_TOKEN_BAD,         /* malformed, with an algorithm that is not accepted, or forged */
    ID_TOKEN_UNKNOWN_KEY, /* no key in the set fits its header: the set may be old */
};

/* Verifies the signature with a key of `keys`, a JSON Web Key Set (RFC 7517). Ignores keys that the
 * token itself brings or points to (jwk, jku, x5u) and rejects a header with `crit`. `reason` is
 * set unless ID_TOKEN_GOOD. */
enum id_token_signature id_token_verify(const struct secret *token, struct json_object *keys,
                                        struct reason *reason);

/* Whether the claims are from `issuer`, for `client_id`, and valid at `now`, in seconds since 1970:
 * checks iss, sub, aud, azp, exp and iat (section 3.1.3.7). False with the reason. */
bool id_token_check(struct json_object *claims, const char *issuer, const char *client_id,
                    int64_t now, struct reason *reason);

/* Whether the claims have this nonce (section 3.1.3.7 item 11). */
bool id_token_has_nonce(struct json_object *claims, const char *nonce);

/* Returns the time of issue, iat, in seconds since 1970; 0 when there is none. */
int64_t id_token_issued(struct json_object *claims);

#endif
