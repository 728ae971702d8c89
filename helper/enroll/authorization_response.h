/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * authorization_response.h - parses the requests that come to the loopback redirect (RFC 8252
 * section 7.3). Any local process can send one; the user's browser brings the authorization
 * response (RFC 6749 section 4.1.2). Pure: no I/O.
 */
#ifndef OAUTH_LOGIN_HELPER_ENROLL_AUTHORIZATION_RESPONSE_H
#define OAUTH_LOGIN_HELPER_ENROLL_AUTHORIZATION_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

#include "secret.h"

enum { AUTHORIZATION_HEAD_MAX = 8192 }; /* bytes of a request line and its headers */

enum authorization_response_kind {
    AUTHORIZATION_UNFINISHED, /* the rest of the head has not come yet */
    AUTHORIZATION_MALFORMED,  /* not an HTTP request, or one for another host */
    AUTHORIZATION_STRANGE,    /* a request for something else */
    AUTHORIZATION_RESPONSE, /* an authorization response; its `state` identifies the request that it
                               answers */
};

/* An authorization response. It has a state, and either a code or an error. A parameter without a
 * value counts as absent (RFC 6749 section 3.1). */
struct authorization_response {
    struct secret code;
    struct secret state;
    struct secret issuer; /* iss, RFC 9207 */
    struct secret error;
    struct secret description;
};

#define SCOPED_AUTHORIZATION_RESPONSE __attribute__((cleanup(authorization_response_clear)))

void authorization_response_clear(struct authorization_response *response);

/* Parses the `size` bytes that have come so far to the listener at `port` of 127.0.0.1. `ret` must
 * be cleared; it is filled for AUTHORIZATION_RESPONSE only. A Host header that names neither
 * 127.0.0.1 nor localhost with this port is malformed, so that a web page whose own host name
 * resolves to this machine (DNS rebinding) cannot send a response. */
enum authorization_response_kind authorization_response_read(const char *head, size_t size,
                                                             uint32_t port,
                                                             struct authorization_response *ret);

#endif
