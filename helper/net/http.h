/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * http.h - one HTTPS request at a time: TLS 1.2 or later, no redirect, no retry, no cookie, no
 * proxy but the configured one, everything bounded. Only http.c knows libcurl.
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
    const struct secret *form;     /* application/x-www-form-urlencoded; NULL: a GET */
    const struct secret *bearer;   /* Authorization: Bearer (RFC 6750 section 2.1), or NULL */
    const char *username;          /* Authorization: Basic, or NULL */
    const struct secret *password; /* for `username` */
};

enum http_outcome {
    HTTP_ANSWERED,  /* a complete response, whatever its status */
    HTTP_NOT_SENT,  /* failed before the request left: the server has done nothing */
    HTTP_LOST,      /* sent, but no complete response came: the server may have carried it out */
    HTTP_TOO_LARGE, /* sent, but the response was over HTTP_BODY_MAX */
};

/* The cause when no complete response came. */
enum http_cause {
    HTTP_CAUSE_OTHER,
    HTTP_NOT_RESOLVED,
    HTTP_NOT_CONNECTED,
    HTTP_TIMED_OUT,
    HTTP_UNKNOWN_ISSUER, /* no trusted authority has signed the server's certificate */
    HTTP_SELF_SIGNED,
    HTTP_EXPIRED,
    HTTP_NOT_YET_VALID,
    HTTP_OTHER_HOST,       /* the certificate names another host */
    HTTP_NO_TLS,           /* any other failure of TLS */
    HTTP_SETTING_UNUSABLE, /* ca_file, proxy or the address cannot be used */
    HTTP_CAUSE_COUNT
};

struct http_response {
    enum http_outcome outcome;
    long status;
    int64_t date; /* the server's clock by its Date header, wall seconds; 0: none */
    struct secret body;
    enum http_cause cause; /* cause and reason are set for any outcome but HTTP_ANSWERED */
    struct reason reason;
};

struct http_settings {
    const char *ca_file; /* "": the system's trust store */
    const char *proxy;   /* "": none */
};

/* When to give up, by the boot clock. A request that has not been sent by `deadline_ms` is given
 * up. The response to one that has been sent is awaited until `linger_ms`. With `committed`, the
 * request repeats one that was sent: it may be sent, and its response awaited, until `linger_ms`.
 * Either way `on_deadline`, if set, is called once at the deadline. */
struct http_patience {
    int64_t deadline_ms;
    int64_t linger_ms;
    bool committed;
    void (*on_deadline)(void *context);
    void *context;
};

#define SCOPED_HTTP_RESPONSE __attribute__((cleanup(http_response_clear)))

/* Wipes the body and zeroes the rest. */
void http_response_clear(struct http_response *response);

/* Sends the request and collects the response into `ret`, which must be cleared. Returns 0 with an
 * outcome in `ret`; -ENOMEM when the transfer could not begin, -EPERM if the sandbox has not been
 * entered yet. */
int http_perform(const struct http_settings *settings, const struct http_request *request,
                 struct http_patience *patience, struct http_response *ret);

#endif
