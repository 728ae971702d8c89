/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exchange.h - one request from its arrival to its reply: the data that every use case works with.
 */
#ifndef OAUTH_LOGIN_HELPER_REQUEST_EXCHANGE_H
#define OAUTH_LOGIN_HELPER_REQUEST_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "account.h"
#include "config.h"
#include "http.h"
#include "messages.h"
#include "peer.h"
#include "protocol.h"
#include "reason.h"

struct exchange {
    struct peer peer;
    struct request request;
    const char *config_path; /* the file that the configuration is read from */
    struct config config;    /* empty for DOCTOR, which must work even if there is none */
    struct account account;  /* empty for LIST and DOCTOR */
    int64_t deadline_ms;     /* boot clock; when the caller stops waiting */
    struct reply reply;
    bool answered; /* the reply was sent, for example at the deadline */
    bool resident; /* received by the resident helper, which users can reach themselves */
};

/* Sets verdict and reason of the reply; returns the verdict. */
enum verdict exchange_conclude(struct exchange *exchange, enum verdict verdict,
                               const struct reason *reason);

/* If `verdict` is not NONE, concludes with it. Returns `verdict`. */
enum verdict exchange_conclude_unless_none(struct exchange *exchange, enum verdict verdict,
                                           const struct reason *reason);

/* Concludes with GRANTED: the account may log in, or the requested operation succeeded. `reason`
 * may give details, or be "". */
void exchange_conclude_yes(struct exchange *exchange, const struct reason *reason);
bool exchange_is_yes(const struct exchange *exchange);

/* Returns how long a renewal in this exchange waits: until the caller's deadline, at which
 * `on_deadline` is called with `context`. Once the request has been sent, it waits until
 * RENEWAL_LINGER_MS from now, if that is later. */
struct http_patience exchange_patience(const struct exchange *exchange,
                                       void (*on_deadline)(void *context), void *context);

/* Concludes UNREACHABLE: the provider was asked, but did not respond by the caller's deadline. */
void exchange_conclude_late(struct exchange *exchange);

#endif
