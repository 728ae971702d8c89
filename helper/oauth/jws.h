/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jws.h - a wrapper around libjose. libjose needs jansson, a second JSON library, whose names clash
 * with those of json-c, so only jws.c may include libjose and jansson.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_JWS_H
#define OAUTH_LOGIN_HELPER_OAUTH_JWS_H

#include <stdbool.h>
#include <stddef.h>

/* A part of a compact JWS (RFC 7515 section 7.1): base64url, without a NUL at its end. */
struct jws_part {
    const char *text;
    size_t length;
};

/* Decodes a part into `ret` of `size` bytes. Returns the number of bytes, or (size_t) -1 when the
 * part is not base64url or does not fit. */
size_t jws_decode(const struct jws_part *part, void *ret, size_t size);

/* Whether `parts` (header, payload, signature) verify with the public key `jwk` (RFC 7517, JSON
 * text) and the header's algorithm. The caller MUST have chosen the key by that algorithm. */
bool jws_verify(const struct jws_part parts[3], const char *jwk);

#endif
