/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * token_response.h - judges the token endpoint's response. Pure: no I/O.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_TOKEN_RESPONSE_H
#define OAUTH_LOGIN_HELPER_OAUTH_TOKEN_RESPONSE_H

#include <stdint.h>

#include "outcome.h"
#include "reason.h"
#include "record.h"
#include "secret.h"

enum {
    OAUTH_LIFE_UNKNOWN =
        3600, /* seconds, used when the provider does not send a token's lifetime */
    OAUTH_LIFE_MAX = 31536000, /* seconds: 365 days */
};

/* The token endpoint's response (RFC 6749 sections 5.1 and 5.2). */
struct oauth_response {
    enum outcome outcome;   /* ANSWERED: tokens came */
    struct reason reason;   /* set unless ANSWERED */
    struct secret access;   /* set when ANSWERED */
    struct secret refresh;  /* the rotated refresh token, if any: also with another outcome */
    struct secret id_token; /* set when ANSWERED, if there is one */
    int64_t expires_in;     /* seconds, 1 to OAUTH_LIFE_MAX */
    char scope[RECORD_SCOPE_SIZE]; /* cut to fit; "" when the response has no scope */
};

#define SCOPED_OAUTH_RESPONSE __attribute__((cleanup(oauth_response_clear)))

/* Wipes the tokens and zeroes the rest; the outcome becomes FAILED. */
void oauth_response_clear(struct oauth_response *response);

/* Returns the outcome of an error in an authorization response (RFC 6749 section 4.1.2.1), with the
 * reason. `description` is "" when there is none. Never ANSWERED. */
enum outcome oauth_judge_authorization_error(const char *error, const char *description,
                                             struct reason *reason);

/* Judges a complete HTTP response; always sets an outcome. `ret` must be cleared. The token's
 * lifetime is the number in expires_in, whether an integer, a fraction or digits in a string,
 * capped at OAUTH_LIFE_MAX. It is OAUTH_LIFE_UNKNOWN for a number below 1, a value of another type,
 * or no expires_in. */
void oauth_judge(long status, const struct secret *body, struct oauth_response *ret);

#endif
