/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * authorization_response.h - what comes to the loopback redirect (RFC 8252 section 7.3): an HTTP
 * request by anybody, and the authorization response in it (RFC 6749 section 4.1.2). Pure: no I/O.
 */
#ifndef OAUTH_LOGIN_HELPER_ENROLL_AUTHORIZATION_RESPONSE_H
#define OAUTH_LOGIN_HELPER_ENROLL_AUTHORIZATION_RESPONSE_H

#include <stdint.h>

#include "secret.h"

enum { AUTHORIZATION_HEAD_MAX = 8192 }; /* bytes of a request line and its headers */

enum authorization_response_kind {
    AUTHORIZATION_UNFINISHED, /* more of the head has to come */
    AUTHORIZATION_MALFORMED,  /* no HTTP request, or one for another host */
    AUTHORIZATION_STRANGE,    /* a request, but not for what is served here */
    AUTHORIZATION_RESPONSE,   /* an authorization response; to whose request, `state` says */
};

/* An authorization response; a parameter without a value is one that is not there (RFC 6749
 * section 3.1). It has a state, and either a code or an error. */
struct authorization_response {
    struct secret code;
    struct secret state;
    struct secret issuer; /* iss, RFC 9207 */
    struct secret error;
    struct secret description;
};

#define SCOPED_AUTHORIZATION_RESPONSE __attribute__((cleanup(authorization_response_clear)))

void authorization_response_clear(struct authorization_response *redirect);

/* Reads the `size` bytes that came so far to the listener at `port` of 127.0.0.1. `ret` must be
 * cleared, and is filled for AUTHORIZATION_RESPONSE only. A Host that is neither 127.0.0.1 nor
 * localhost with this port is malformed: a page whose name leads here (DNS rebinding) is not
 * believed. */
enum authorization_response_kind authorization_response_read(const char *head, size_t size,
                                                             uint32_t port,
                                                             struct authorization_response *ret);

#endif
