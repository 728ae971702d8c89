/*
 * redirect.h - what comes to the loopback redirect (RFC 8252 section 7.3): an HTTP request by
 * anybody, and the authorization response in it (RFC 6749 section 4.1.2). Pure: no I/O.
 */
#ifndef OAUTH_LOGIN_REDIRECT_H
#define OAUTH_LOGIN_REDIRECT_H

#include <stdint.h>

#include "secret.h"

enum { REDIRECT_HEAD_MAX = 8192 }; /* bytes of a request line and its headers */

enum redirect_kind {
    REDIRECT_UNFINISHED, /* more of the head has to come */
    REDIRECT_MALFORMED,  /* no HTTP request, or one for another host */
    REDIRECT_STRANGE,    /* a request, but not for what is served here */
    REDIRECT_RESPONSE,   /* an authorization response; to whose request, `state` says */
};

/* An authorization response; a parameter without a value is one that is not there (RFC 6749
 * section 3.1). It has a state, and either a code or an error. */
struct redirect {
    struct secret code;
    struct secret state;
    struct secret issuer; /* iss, RFC 9207 */
    struct secret error;
    struct secret description;
};

#define SCOPED_REDIRECT __attribute__((cleanup(redirect_clear)))

void redirect_clear(struct redirect *redirect);

/* Reads the `size` bytes that came so far to the listener at `port` of 127.0.0.1. `ret` must be
 * cleared, and is filled for REDIRECT_RESPONSE only. A Host that is neither 127.0.0.1 nor localhost
 * with this port is malformed: a page whose name leads here (DNS rebinding) is not believed. */
enum redirect_kind redirect_read(const char *head, size_t size, uint32_t port,
                                 struct redirect *ret);

#endif
