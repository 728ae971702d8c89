/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_id_token.c - an ID token from an attacker: never good without its key or its subject. */
#include "fuzz.h"
#include "id_token.h"
#include "protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char no_keys[] = "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}";
    SCOPED_SECRET struct secret token = {0};
    SCOPED_SECRET struct secret text = {0};
    struct reason reason = {""};
    if (secret_set(&token, data, size, PROTOCOL_TOKEN_MAX) < 0 ||
        secret_set(&text, no_keys, sizeof no_keys - 1, sizeof no_keys) < 0)
        return 0;
    SCOPED_JSON struct json_object *keys = json_parse_strict(&text);
    SCOPED_JSON struct json_object *claims = id_token_read(&token);
    PROMISE(keys && id_token_verify(&token, keys, &reason) != ID_TOKEN_GOOD);
    if (claims && id_token_check(claims, "https://x", "client", 1000, &reason))
        PROMISE(json_text(claims, "sub"));
    return 0;
}
