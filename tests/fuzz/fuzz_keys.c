/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_keys.c - a key set and an ID token, one line each, both from a hostile provider: only an
 * accepted algorithm is ever good, and claims that pass are those of this issuer and client.
 */
#include "fuzz.h"
#include "id_token.h"
#include "protocol.h"

enum { KEYS_MAX = 16384 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SCOPED_SECRET struct secret text = {0};
    SCOPED_SECRET struct secret token = {0};
    struct reason reason = {""};
    const uint8_t *end = memchr(data, '\n', size);
    if (!end || secret_set(&text, data, (size_t)(end - data), KEYS_MAX) < 0 ||
        secret_set(&token, end + 1, size - (size_t)(end + 1 - data), PROTOCOL_TOKEN_MAX) < 0)
        return -1;
    SCOPED_JSON struct json_object *keys = json_parse_strict(&text);
    SCOPED_JSON struct json_object *claims = id_token_read(&token);
    if (!keys)
        return 0;
    if (id_token_verify(&token, keys, &reason) == ID_TOKEN_GOOD)
        PROMISE(id_token_is_accepted(&token));
    else
        PROMISE(reason.text[0] != '\0' && FUZZ_PRINTABLE(reason.text));
    if (claims && id_token_check(claims, "https://login.example", "bastion", 1000, &reason)) {
        PROMISE(strcmp(json_text(claims, "iss"), "https://login.example") == 0);
        PROMISE(json_text(claims, "sub") && id_token_issued(claims) > 0);
    }
    return 0;
}
