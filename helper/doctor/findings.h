/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings.h - sends doctor's findings to the caller, and keeps what its parts share.
 */
#ifndef OAUTH_LOGIN_HELPER_DOCTOR_FINDINGS_H
#define OAUTH_LOGIN_HELPER_DOCTOR_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exchange.h"
#include "http.h"
#include "protocol.h"
#include "record.h"
#include "store.h"

/* The back-off of at most this many accounts is ended in one run, because each keeps three files
 * open. */
enum { DOCTOR_WAITING_MAX = 8 };

/* An account whose logins back off for some minutes, because the provider has refused the client.
 */
struct waiting {
    char account[PROTOCOL_NAME_MAX + 1]; /* the owner's name, which `entry` points to */
    struct store_entry *entry;
};

struct doctor {
    struct exchange *exchange;
    bool configured;      /* the exchange's configuration is complete and valid */
    struct record record; /* of no account: holds the discovery document */
    bool clock_known;     /* the provider has sent its time */
    int64_t clock_ahead;  /* seconds by which this machine's clock is ahead of the provider's */
    struct waiting waiting[DOCTOR_WAITING_MAX];
    size_t waiting_count;
    enum verdict gravest; /* of the findings that are errors; NONE: there is no error */
};

/* Send a finding. `verdict` tells what it means for logins; it counts with LEVEL_ERROR only. */
void doctor_good(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void doctor_find(struct doctor *doctor, enum protocol_level level, enum verdict verdict,
                 const char *why, const char *fix, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Returns how long to wait, from now, for the provider's response to one request. */
struct http_patience doctor_patience(void);

#endif
