/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outcome.h - the result of a request to the provider. An outcome only describes the result:
 * grant/verdict.h alone turns it into a verdict about an account.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_OUTCOME_H
#define OAUTH_LOGIN_HELPER_OAUTH_OUTCOME_H

enum outcome {
    OUTCOME_ANSWERED, /* the provider sent what was requested */

    /* The provider responded with an error. */
    OUTCOME_DENIED,         /* it refuses the user */
    OUTCOME_GRANT_DEAD,     /* it no longer honors the grant; a new grant may help */
    OUTCOME_CLIENT_REFUSED, /* it refuses the client, or what the client requests */
    OUTCOME_NOT_SERVED,     /* the endpoint does not serve this token or this client */
    OUTCOME_PENDING,        /* the user has not decided yet (RFC 8628 section 3.5) */
    OUTCOME_SLOW_DOWN,      /* it asks for fewer requests (RFC 8628 section 3.5) */
    OUTCOME_THROTTLED,      /* it got too many requests (HTTP 429) */
    OUTCOME_UNAVAILABLE,    /* it cannot serve the request now */
    OUTCOME_MALFORMED,      /* its response is not one that this endpoint may send */

    /* No request was sent. */
    OUTCOME_NO_ENDPOINT,   /* the provider has no such endpoint */
    OUTCOME_WRONG_SETTING, /* the configuration does not fit the provider */
    OUTCOME_FAILED,        /* this machine failed: memory, a library */

    /* No complete response came: see enum http_cause. */
    OUTCOME_NOT_RESOLVED,
    OUTCOME_NOT_CONNECTED,
    OUTCOME_TIMED_OUT,
    OUTCOME_TLS_UNKNOWN_ISSUER,
    OUTCOME_TLS_SELF_SIGNED,
    OUTCOME_TLS_EXPIRED,
    OUTCOME_TLS_NOT_YET_VALID,
    OUTCOME_TLS_OTHER_HOST,
    OUTCOME_TLS_FAILED,
    OUTCOME_LOST,             /* anything else, such as a cut or oversized response */
    OUTCOME_SETTING_UNUSABLE, /* ca_file, proxy or the address cannot be used */
    OUTCOME_COUNT
};

#endif
