/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jws.h - libjose behind plain C: it brings a second JSON library, whose names are those of json-c,
 * so that no other file may include it.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_JWS_H
#define OAUTH_LOGIN_HELPER_OAUTH_JWS_H

#include <stdbool.h>
#include <stddef.h>

/* A part of a compact JWS (RFC 7515 section 7.1), base64url, not terminated. */
struct jws_part {
    const char *text;
    size_t length;
};

/* Decodes a part into `ret` of `size` bytes; returns how many, or (size_t) -1 when it is no
 * base64url or does not fit. */
size_t jws_decode(const struct jws_part *part, void *ret, size_t size);

/* Whether header, payload and signature are what the public key `jwk` (RFC 7517, JSON text) signed
 * with the header's algorithm. The caller MUST have chosen the key by that algorithm. */
bool jws_verify(const struct jws_part parts[3], const char *jwk);

#endif
