/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * id_token.c - ID tokens: their signature and their claims.
 *
 * The header names an algorithm, which must be on our list; the algorithm decides which type of key
 * may verify it. Both are checked before libjose sees either: a public RSA key can never become the
 * secret of an HMAC, and `none` is not on the list.
 */
#include "id_token.h"

#include <math.h>
#include <string.h>

#include "jws.h"

enum { ID_TOKEN_PART_MAX = 32768 };

static const struct algorithm {
    const char *name; /* `alg` of the header (RFC 7518 section 3.1) */
    const char *type; /* `kty` of its keys */
} algorithms[] = {
    {"RS256", "RSA"}, {"RS384", "RSA"}, {"RS512", "RSA"}, {"PS256", "RSA"}, {"PS384", "RSA"},
    {"PS512", "RSA"}, {"ES256", "EC"},  {"ES384", "EC"},  {"ES512", "EC"},
};

/* Splits a compact JWS (RFC 7515 section 7.1) into its parts, which point into the token. */
static bool split(const struct secret *token, struct jws_part ret[3]) {
    const char *at = secret_text(token);

    for (int i = 0; i < 3; i++) {
        ret[i] = (struct jws_part){.text = at, .length = strcspn(at, ".")};
        if (ret[i].length == 0 || ret[i].length > ID_TOKEN_PART_MAX ||
            at[ret[i].length] != (i < 2 ? '.' : '\0'))
            return false;
        at += ret[i].length + 1;
    }
    return secret_is_token(token);
}

/* Decodes a part as a JSON object; NULL when it is not one. */
static struct json_object *decode(const struct jws_part *part) {
    SCOPED_SECRET struct secret bytes = {0};
    char decoded[ID_TOKEN_PART_MAX];
    size_t size = jws_decode(part, decoded, sizeof decoded);

    if (size > sizeof decoded || secret_set(&bytes, decoded, size, sizeof decoded) < 0)
        return NULL;
    return json_parse_strict(&bytes);
}

struct json_object *id_token_read(const struct secret *token) {
    struct jws_part parts[3];
    return split(token, parts) ? decode(&parts[1]) : NULL;
}

bool id_token_is_encrypted(const struct secret *token) {
    size_t dots = 0;
    for (const char *at = secret_text(token); *at != '\0'; at++)
        dots += *at == '.';
    return dots == 4;
}

static const struct algorithm *find_algorithm(const char *name) {
    for (size_t i = 0; name && i < sizeof algorithms / sizeof algorithms[0]; i++)
        if (strcmp(algorithms[i].name, name) == 0)
            return &algorithms[i];
    return NULL;
}

bool id_token_is_accepted(const struct secret *token) {
    struct jws_part parts[3];
    SCOPED_JSON struct json_object *header = split(token, parts) ? decode(&parts[0]) : NULL;
    return header && find_algorithm(json_text(header, "alg"));
}

/* Whether a key of the set may verify a signature of `algorithm`. `kid`, the header's key ID, is
 * NULL when the header names none. */
static bool fits(struct json_object *key, const struct algorithm *algorithm, const char *kid) {
    const char *type = json_text(key, "kty"), *use = json_text(key, "use");
    const char *name = json_text(key, "alg"), *id = json_text(key, "kid");

    return type && strcmp(type, algorithm->type) == 0 && (!use || strcmp(use, "sig") == 0) &&
           (!name || strcmp(name, algorithm->name) == 0) && (!kid || (id && strcmp(id, kid) == 0));
}

static enum id_token_signature try_keys(const struct jws_part parts[3], struct json_object *header,
                                        const struct algorithm *algorithm, struct json_object *keys,
                                        struct reason *reason) {
    struct json_object *list = json_value_at(keys, "keys");
    bool is_list = json_object_is_type(list, json_type_array);
    size_t count = is_list ? json_object_array_length(list) : 0;
    bool found = false;

    for (size_t i = 0; i < count; i++) {
        struct json_object *key = json_object_array_get_idx(list, i);
        if (!json_object_is_type(key, json_type_object) ||
            !fits(key, algorithm, json_text(header, "kid")))
            continue;
        found = true;
        if (jws_verify(parts, json_object_to_json_string(key)))
            return ID_TOKEN_GOOD;
    }

    reason_set(reason, 0, "the ID token's signature is %s",
               found ? "wrong" : "by a key that the provider does not publish");
    return found ? ID_TOKEN_BAD : ID_TOKEN_UNKNOWN_KEY;
}

enum id_token_signature id_token_verify(const struct secret *token, struct json_object *keys,
                                        struct reason *reason) {
    struct jws_part parts[3];
    SCOPED_JSON struct json_object *header = split(token, parts) ? decode(&parts[0]) : NULL;
    const char *name = header ? json_text(header, "alg") : NULL;
    const struct algorithm *algorithm = find_algorithm(name);

    if (!header) {
        reason_set(reason, 0, "the ID token is not a compact JWS");
        return ID_TOKEN_BAD;
    }
    if (json_object_object_get_ex(header, "crit", NULL) ||
        json_object_object_get_ex(header, "b64", NULL)) {
        reason_set(reason, 0, "the ID token's header has crit or b64, which are not supported");
        return ID_TOKEN_BAD;
    }
    if (!algorithm) {
        reason_set(reason, 0, "the ID token's algorithm %.32s is not accepted",
                   name ? name : "(none)");
        return ID_TOKEN_BAD;
    }
    return try_keys(parts, header, algorithm, keys, reason);
}

/* Reads a NumericDate (RFC 7519 section 2); 0 when it is absent or not a number. */
static int64_t date(struct json_object *claims, const char *name) {
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(claims, name, &value) ||
        (!json_object_is_type(value, json_type_int) &&
         !json_object_is_type(value, json_type_double)))
        return 0;

    double seconds = json_object_get_double(value);
    return isfinite(seconds) && seconds > 0 && seconds < 1e15 ? (int64_t)seconds : 0;
}

bool id_token_has_nonce(struct json_object *claims, const char *nonce) {
    const char *found = json_text(claims, "nonce");
    return found && strcmp(found, nonce) == 0;
}

int64_t id_token_issued(struct json_object *claims) {
    return date(claims, "iat");
}

/* Whether `aud` contains the client. If it contains others too, there must be an `azp`; an `azp`,
 * if present, must be the client. */
static bool is_for(struct json_object *claims, const char *client_id) {
    const char *party = json_text(claims, "azp");
    struct json_object *audience = json_value_at(claims, "aud");
    const char *only = json_value_text(audience);

    if (json_object_object_get_ex(claims, "azp", NULL) && (!party || strcmp(party, client_id) != 0))
        return false;
    if (only)
        return strcmp(only, client_id) == 0;
    if (!json_object_is_type(audience, json_type_array))
        return false;

    size_t count = json_object_array_length(audience);
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        const char *one = json_value_text(json_object_array_get_idx(audience, i));
        found |= one && strcmp(one, client_id) == 0;
    }
    return found && (count == 1 || party);
}

bool id_token_check(struct json_object *claims, const char *issuer, const char *client_id,
                    int64_t now, struct reason *reason) {
    const char *iss = json_text(claims, "iss");
    int64_t expires = date(claims, "exp"), issued = id_token_issued(claims);
    const struct {
        bool fails;
        const char *what;
    } checks[] = {
        {!iss || strcmp(iss, issuer) != 0, "is from another issuer"},
        {!json_text(claims, "sub"), "has no subject"},
        {!is_for(claims, client_id), "is for another client"},
        {expires + ID_TOKEN_TOLERANCE <= now, "has expired"},
        {issued == 0, "does not say when it was issued"},
        {issued > now + ID_TOKEN_TOLERANCE, "was issued in the future"},
    };

    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        if (!checks[i].fails)
            continue;
        reason_set(reason, 0, "the ID token %s", checks[i].what);
        return false;
    }
    return true;
}
