/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings.h - what doctor has found so far, and telling it.
 */
#ifndef OAUTH_LOGIN_HELPER_DOCTOR_FINDINGS_H
#define OAUTH_LOGIN_HELPER_DOCTOR_FINDINGS_H

#include "exchange.h"
#include "store.h"

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
    enum verdict gravest; /* of the findings that are errors; NONE: all is well */
};

/* Send a finding. `verdict` is what it means for logins; only LEVEL_ERROR counts. */
void doctor_good(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void doctor_find(struct doctor *doctor, enum protocol_level level, enum verdict verdict,
                 const char *why, const char *fix, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* How long the provider is waited for, from now. */
struct http_patience doctor_patience(void);

#endif
