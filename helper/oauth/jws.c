/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jws.c - a wrapper around libjose.
 */
#include "jws.h"

#include <jansson.h>
#include <jose/b64.h>
#include <jose/jws.h>
#include <stdint.h>

#define SCOPED_JANSSON __attribute__((cleanup(jansson_free)))

static void jansson_free(json_t **value) {
    json_decref(*value);
}

size_t jws_decode(const struct jws_part *part, void *ret, size_t size) {
    size_t length = jose_b64_dec_buf(part->text, part->length, ret, size);
    return length <= size ? length : SIZE_MAX;
}

bool jws_verify(const struct jws_part parts[3], const char *jwk) {
    SCOPED_JANSSON json_t *key = json_loads(jwk, 0, NULL);
    SCOPED_JANSSON json_t *jws =
        json_pack("{s:s%,s:s%,s:s%}", "protected", parts[0].text, parts[0].length, "payload",
                  parts[1].text, parts[1].length, "signature", parts[2].text, parts[2].length);

    return key && jws && jose_jws_ver(NULL, jws, NULL, key, false);
}
