/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor.h - oauth-login doctor, the helper's half: what only its user can read, and what only
 * the provider can tell. Nobody's token is sent, and nothing is
 * changed, but that logins need not wait any longer for a client that is good again.
 */
#ifndef OAUTH_LOGIN_HELPER_DOCTOR_DOCTOR_H
#define OAUTH_LOGIN_HELPER_DOCTOR_DOCTOR_H

#include "exchange.h"

/* How many accounts at most are freed from waiting at once: each keeps three files open. */
enum { DOCTOR_WAITING_MAX = 8 };

/* An account that is not asked about for some minutes, since the provider has refused the client.
 */
struct waiting {
    char account[PROTOCOL_NAME_MAX + 1]; /* what `entry` has as its owner's */
    struct store_entry *entry;
};

struct doctor {
    struct exchange *exchange;
    bool configured;      /* the visit's configuration is whole */
    struct record record; /* nobody's: holds what discovery brought */
    bool clock_known;     /* the provider has told its time */
    int64_t clock_ahead;  /* seconds that ours is ahead of it */
    struct waiting waiting[DOCTOR_WAITING_MAX];
    size_t waiting_count;
    enum verdict gravest; /* of the findings that are wrong; GRANTED: none */
};

/* The use case: sends a FINDING for each thing looked at, and concludes with the gravest verdict,
 * FAULT before MISCONFIGURED before UNREACHABLE, or GRANTED; the reason stays empty. */
void doctor_run(struct exchange *exchange);

/* Send a finding. `verdict` is what it means for logins; only LEVEL_ERROR counts. */
void doctor_good(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void doctor_find(struct doctor *doctor, enum protocol_level level, enum verdict verdict,
                 const char *why, const char *fix, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* One part each. */
void doctor_look_at_rights(struct doctor *doctor);
void doctor_look_at_store(struct doctor *doctor);
void doctor_clear_refusals(struct doctor *doctor); /* it is good: nobody has to wait */
void doctor_ask_provider(struct doctor *doctor);   /* needs a whole configuration */

/* Tries the client at the endpoints, which are indexed by enum provider_endpoint and "" where there
 * is none, and notes what the provider's clock says. */
void doctor_try_client(struct doctor *doctor, const char *const *urls);

/* How long the provider is waited for, from now. */
struct http_patience doctor_patience(void);

#endif
