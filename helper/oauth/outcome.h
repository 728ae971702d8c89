/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outcome.h - what came of a request to the provider. An outcome says what happened and decides
 * nothing: grant/verdict.h alone makes a verdict about an account of it.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_OUTCOME_H
#define OAUTH_LOGIN_HELPER_OAUTH_OUTCOME_H

enum outcome {
    OUTCOME_ANSWERED, /* the provider sent what was asked for */

    /* The provider answered with an error. */
    OUTCOME_DENIED,         /* it refuses the person */
    OUTCOME_GRANT_DEAD,     /* it no longer honors the grant; a new one may be had */
    OUTCOME_CLIENT_REFUSED, /* it refuses the client, or what the client asks for */
    OUTCOME_NOT_SERVED,     /* the endpoint does not serve this token, or not this client */
    OUTCOME_PENDING,        /* the person has not decided yet (RFC 8628 section 3.5) */
    OUTCOME_SLOW_DOWN,      /* it wants to be asked less often (RFC 8628 section 3.5) */
    OUTCOME_THROTTLED,      /* it has been asked too often (HTTP 429) */
    OUTCOME_UNAVAILABLE,    /* it cannot answer now */
    OUTCOME_MALFORMED,      /* its answer is not what the endpoint promises */

    /* Nothing was asked. */
    OUTCOME_NO_ENDPOINT,   /* the provider has no such endpoint */
    OUTCOME_WRONG_SETTING, /* the configuration does not fit the provider */
    OUTCOME_FAILED,        /* this machine failed: memory, a library */

    /* No complete answer came: see enum http_cause. */
    OUTCOME_NOT_RESOLVED,
    OUTCOME_NOT_CONNECTED,
    OUTCOME_TIMED_OUT,
    OUTCOME_TLS_UNKNOWN_ISSUER,
    OUTCOME_TLS_SELF_SIGNED,
    OUTCOME_TLS_EXPIRED,
    OUTCOME_TLS_NOT_YET_VALID,
    OUTCOME_TLS_OTHER_HOST,
    OUTCOME_TLS_FAILED,
    OUTCOME_LOST,           /* anything else, a cut or oversized answer among it */
    OUTCOME_TRUST_UNUSABLE, /* ca_file, proxy or the address cannot be used */
    OUTCOME_COUNT
};

#endif
