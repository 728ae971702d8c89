/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * http.h - one HTTPS request at a time: TLS 1.2 or better, no redirect, no retry, no cookie, no
 * proxy but the configured one, everything bounded. The only file that knows libcurl.
 */
#ifndef OAUTH_LOGIN_HELPER_NET_HTTP_H
#define OAUTH_LOGIN_HELPER_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reason.h"
#include "secret.h"

enum { HTTP_BODY_MAX = 65536 };

struct http_request {
    const char *url;
    const struct secret *form;   /* application/x-www-form-urlencoded; NULL: a GET */
    const struct secret *bearer; /* Authorization: Bearer (RFC 6750 section 2.1), or NULL */
    const char *username;        /* Authorization: Basic, or NULL */
    const struct secret *password;
};

enum http_outcome {
    HTTP_ANSWERED,  /* a complete answer, whatever its status */
    HTTP_NOT_SENT,  /* failed before any of the request had left: nothing happened there */
    HTTP_LOST,      /* sent, but no complete answer came: it may have been carried out */
    HTTP_TOO_LARGE, /* sent, and the answer was over HTTP_BODY_MAX */
};

/* Why no complete answer came. */
enum http_cause {
    HTTP_CAUSE_OTHER,
    HTTP_NOT_RESOLVED,
    HTTP_NOT_CONNECTED,
    HTTP_TIMED_OUT,
    HTTP_UNKNOWN_ISSUER, /* of the peer's certificate: no trusted one signed it */
    HTTP_SELF_SIGNED,
    HTTP_EXPIRED,
    HTTP_NOT_YET_VALID,
    HTTP_OTHER_HOST,     /* the certificate names another host */
    HTTP_NO_TLS,         /* anything else that TLS failed for */
    HTTP_TRUST_UNUSABLE, /* ca_file, proxy or the address cannot be used */
    HTTP_CAUSE_COUNT
};

struct http_response {
    enum http_outcome outcome;
    long status;
    int64_t date; /* the provider's clock by its Date header, wall seconds; 0: none */
    struct secret body;
    enum http_cause cause; /* this one and the next for any outcome but HTTP_ANSWERED */
    struct reason reason;
};

struct http_settings {
    const char *ca_file; /* "": the system's trust store */
    const char *proxy;   /* "": none */
};

/* When to give up: a request that was not sent by `deadline_ms` of the boot clock is not sent any
 * more; one that was sent, or follows one that was (`committed`), is waited for until `linger_ms`,
 * and at the deadline `on_deadline`, if any, is called once. */
struct http_patience {
    int64_t deadline_ms;
    int64_t linger_ms;
    bool committed;
    void (*on_deadline)(void *context);
    void *context;
};

#define SCOPED_HTTP_RESPONSE __attribute__((cleanup(http_response_clear)))

void http_response_clear(struct http_response *response);

/* Sends the request and collects the answer into `ret`, which must be cleared. -ENOMEM when it
 * could not even begin, -EPERM outside the sandbox; everything else is an outcome. */
int http_perform(const struct http_settings *settings, const struct http_request *request,
                 struct http_patience *patience, struct http_response *ret);

#endif
