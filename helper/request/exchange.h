/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exchange.h - one question from its arrival to its answer: what every use case works with.
 */
#ifndef OAUTH_LOGIN_HELPER_REQUEST_EXCHANGE_H
#define OAUTH_LOGIN_HELPER_REQUEST_EXCHANGE_H

#include "account.h"
#include "config.h"
#include "http.h"
#include "messages.h"
#include "peer.h"
#include "store.h"

struct exchange {
    struct peer peer;
    struct request request;
    const char *config_path; /* what the configuration is read from */
    struct config config;    /* unless the question is DOCTOR, which must live without one */
    struct account account;  /* unless the question is LIST or DOCTOR */
    int64_t deadline_ms;     /* boot clock; when the asker stops waiting */
    struct reply reply;
    bool answered; /* the answer was sent: at the deadline, say */
    bool resident; /* asked at the socket, where people can ask for themselves */
};

/* Sets the answer's verdict and returns it, with the reason that `reason` holds. */
enum verdict exchange_conclude(struct exchange *exchange, enum verdict verdict,
                               const struct reason *reason);

/* Concludes `verdict` unless it is NONE, which speaks against nobody; returns it. */
enum verdict exchange_object(struct exchange *exchange, enum verdict verdict,
                             const struct reason *reason);

/* Concludes with GRANTED: the account may log in, or what was asked for is done. `reason` may say
 * more, or be "". */
void exchange_conclude_yes(struct exchange *exchange, const struct reason *reason);
bool exchange_is_yes(const struct exchange *exchange);

/* How long a renewal of this visit waits: until the asker's deadline, when `on_deadline` is called
 * with `context`, and for a provider that has been asked until RENEWAL_LINGER_MS. */
struct http_patience exchange_patience(const struct exchange *exchange,
                                       void (*on_deadline)(void *context), void *context);

/* Concludes UNREACHABLE: the provider was asked, and did not answer by the asker's deadline. */
void exchange_conclude_late(struct exchange *exchange);

#endif
