/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exchange.c - one request from its arrival to its reply: its verdict, and how long it may take.
 */
#include "exchange.h"

#include "clock.h"
#include "renewal.h"

enum verdict exchange_conclude(struct exchange *exchange, enum verdict verdict,
                               const struct reason *reason) {
    struct reason copy = *reason; /* `reason` may be that of the reply itself */
    exchange->reply.verdict = verdict;
    exchange->reply.reason = copy;
    return verdict;
}

enum verdict exchange_conclude_unless_none(struct exchange *exchange, enum verdict verdict,
                                           const struct reason *reason) {
    return verdict == VERDICT_NONE ? verdict : exchange_conclude(exchange, verdict, reason);
}

void exchange_conclude_yes(struct exchange *exchange, const struct reason *reason) {
    exchange_conclude(exchange, VERDICT_GRANTED, reason);
}

bool exchange_is_yes(const struct exchange *exchange) {
    return verdict_is_yes(exchange->reply.verdict);
}

void exchange_conclude_late(struct exchange *exchange) {
    struct reason reason;
    reason_set(&reason, 0, "%s did not answer within %u s", exchange->config.provider.name,
               exchange->config.login.deadline);
    exchange_conclude(exchange, VERDICT_UNREACHABLE, &reason);
}

struct http_patience exchange_patience(const struct exchange *exchange,
                                       void (*on_deadline)(void *context), void *context) {
    int64_t linger_ms = clock_boot_ms() + RENEWAL_LINGER_MS;
    return (struct http_patience){
        .deadline_ms = exchange->deadline_ms,
        .linger_ms = exchange->deadline_ms > linger_ms ? exchange->deadline_ms : linger_ms,
        .on_deadline = on_deadline,
        .context = context,
    };
}
