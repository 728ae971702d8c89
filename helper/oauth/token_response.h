/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * token_response.h - what the token endpoint answered. Pure: no I/O.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_TOKEN_RESPONSE_H
#define OAUTH_LOGIN_HELPER_OAUTH_TOKEN_RESPONSE_H

#include <stdint.h>

#include "outcome.h"
#include "reason.h"
#include "record.h"
#include "secret.h"

enum {
    OAUTH_LIFE_UNKNOWN = 3600, /* seconds, for a token whose life the provider did not tell */
    OAUTH_LIFE_MAX = 31536000,
};

/* What the token endpoint answered (RFC 6749 sections 5.1 and 5.2). */
struct oauth_response {
    enum outcome outcome;  /* ANSWERED: tokens came */
    struct reason reason;  /* when none came */
    struct secret access;  /* when ANSWERED */
    struct secret refresh; /* the rotated refresh token; may be there though `access` is unusable */
    struct secret id_token;        /* when ANSWERED, and if there is one */
    int64_t expires_in;            /* seconds, 1 .. OAUTH_LIFE_MAX */
    char scope[RECORD_SCOPE_SIZE]; /* "" when the answer does not say */
};

#define SCOPED_OAUTH_RESPONSE __attribute__((cleanup(oauth_response_clear)))

void oauth_response_clear(struct oauth_response *response);

/* The outcome that an error in an authorization response stands for (RFC 6749 section 4.1.2.1),
 * with the reason; `description` is "" when there is none. Never ANSWERED. */
enum outcome oauth_judge_authorization_error(const char *error, const char *description,
                                             struct reason *reason);

/* Judges a complete HTTP answer; always sets an outcome. `ret` must be cleared. The life of the
 * token is the number in expires_in, be it an integer, a fraction or digits in a string, at most
 * OAUTH_LIFE_MAX; whatever else is there, or nothing, or a number below 1, is OAUTH_LIFE_UNKNOWN.
 */
void oauth_judge(long status, const struct secret *body, struct oauth_response *ret);

#endif
