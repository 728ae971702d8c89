/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * person_message.c - the line that the user reads when a login fails.
 */
#include "person_message.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "text.h"

enum { MESSAGE_DATE_SIZE = 32 };

__attribute__((format(printf, 2, 3))) static void compose(struct exchange *exchange,
                                                          const char *format, ...) {
    char text[2 * PROTOCOL_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    reason_escape(exchange->reply.message, sizeof exchange->reply.message, text, strlen(text));
}

static const char *host_name(char ret[HOST_NAME_MAX + 1]) {
    if (gethostname(ret, HOST_NAME_MAX + 1) < 0)
        text_copy(ret, HOST_NAME_MAX + 1, "this machine");
    ret[HOST_NAME_MAX] = '\0'; /* a name that was cut has no NUL */
    return ret;
}

static const char *date(int64_t wall, char ret[MESSAGE_DATE_SIZE]) {
    time_t seconds = (time_t)wall;
    struct tm parts;
    if (!localtime_r(&seconds, &parts) ||
        strftime(ret, MESSAGE_DATE_SIZE, "%-d %b %H:%M", &parts) == 0)
        text_copy(ret, MESSAGE_DATE_SIZE, "?");
    return ret;
}

static void compose_offline(struct exchange *exchange) {
    char last[MESSAGE_DATE_SIZE], until[MESSAGE_DATE_SIZE];
    compose(exchange, "Offline: %s last confirmed you %s. Offline login works until %s.",
            exchange->reply.provider, date(exchange->reply.last_granted, last),
            date(exchange->reply.grace_until, until));
}

static void compose_unreachable(struct exchange *exchange) {
    const struct login_config *login = &exchange->config.login;
    char again[32] = "";
    bool waited = clock_boot_ms() >= exchange->deadline_ms;

    if (login->offline_timeout > 0)
        snprintf(again, sizeof again, " in %u s", login->offline_timeout);
    if (waited)
        compose(exchange,
                "Login refused: %s did not answer within %u s. Your account is not at fault; try "
                "again%s.",
                exchange->reply.provider, login->deadline, again);
    else
        compose(exchange,
                "Login refused: %s can't be reached. Your account is not at fault; try again%s.",
                exchange->reply.provider, again);
}

static void compose_denied(struct exchange *exchange) {
    const struct reply *reply = &exchange->reply;
    char host[HOST_NAME_MAX + 1];

    /* Our own pin or mapping denied it, not the provider. Its details are for the log only. */
    if (reply->source == SOURCE_NONE)
        compose(exchange,
                "Login refused: the grant stored for %s does not fit the configuration of %s. Ask "
                "your administrator, whose log says why.",
                exchange->account.name, host_name(host));
    else
        compose(exchange,
                "Login refused by %s: %.200s. Enrolling again will not help; ask your "
                "administrator.",
                reply->provider, reply->reason.text);
}

/* Composes the message for an enrollment that failed: the store is unchanged. */
static void compose_not_approved(struct exchange *exchange) {
    const char *account = exchange->account.name;
    if (exchange->reply.verdict == VERDICT_REAUTHORIZE)
        compose(exchange,
                "Login refused: %s was not enrolled: %.300s. Log in again for a new code.", account,
                exchange->reply.reason.text);
    else
        compose(exchange, "Login refused: %s was not enrolled: %.300s.", account,
                exchange->reply.reason.text);
}

/* Tells the user to enroll. Where the resident helper runs, users can do so themselves, from a
 * shell that is still open; elsewhere an administrator must. */
static void compose_reauthorize(struct exchange *exchange) {
    const char *account = exchange->account.name;
    compose(exchange, "Login refused: %s no longer honors this machine's grant for %s. %s%s",
            exchange->reply.provider, account,
            exchange->resident ? "Run: oauth-login enroll"
                               : "Ask an administrator to run: oauth-login enroll ",
            exchange->resident ? "" : account);
}

static void compose_not_enrolled(struct exchange *exchange) {
    char host[HOST_NAME_MAX + 1];
    const char *account = exchange->account.name;
    compose(exchange,
            "Login refused: %s is not enrolled on %s. Ask an administrator to run: "
            "oauth-login enroll %s",
            account, host_name(host), account);
}

static void compose_not_permitted(struct exchange *exchange) {
    compose(exchange, "You may ask about your own account only.");
}

static void compose_own_fault(struct exchange *exchange) {
    char host[HOST_NAME_MAX + 1];
    bool fault = exchange->reply.verdict == VERDICT_FAULT;
    compose(exchange,
            "Login refused: oauth-login on %s %s. Your account is not at fault; tell your "
            "administrator, whose log says what is wrong.",
            host_name(host), fault ? "failed" : "is misconfigured");
}

/* A verdict that has no row needs no message for the user. */
static const struct {
    enum verdict verdict;
    void (*compose)(struct exchange *exchange);
} messages[] = {
    {VERDICT_DENIED, compose_denied},
    {VERDICT_REAUTHORIZE, compose_reauthorize},
    {VERDICT_NOT_ENROLLED, compose_not_enrolled},
    {VERDICT_UNREACHABLE, compose_unreachable},
    {VERDICT_NOT_PERMITTED, compose_not_permitted},
    {VERDICT_MISCONFIGURED, compose_own_fault},
    {VERDICT_FAULT, compose_own_fault},
};

void message_compose(struct exchange *exchange) {
    enum verdict verdict = exchange->reply.verdict;
    bool no = verdict == VERDICT_DENIED || verdict == VERDICT_REAUTHORIZE;

    if (verdict_is_offline(verdict)) {
        compose_offline(exchange);
        return;
    }
    if (no && exchange->reply.source == SOURCE_DEVICE) {
        compose_not_approved(exchange);
        return;
    }
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        if (messages[i].verdict == verdict)
            messages[i].compose(exchange);
}
