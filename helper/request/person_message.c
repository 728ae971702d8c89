/*
 * message.c - the line for the person.
 */
#include "person_message.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

enum { MESSAGE_DATE_SIZE = 32 };

__attribute__((format(printf, 2, 3))) static void say(struct visit *visit, const char *format,
                                                      ...) {
    char text[2 * PROTOCOL_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    reason_escape(visit->answer.message, sizeof visit->answer.message, text, strlen(text));
}

static const char *host_name(char ret[HOST_NAME_MAX + 1]) {
    if (gethostname(ret, HOST_NAME_MAX + 1) < 0)
        strcpy(ret, "this machine");
    ret[HOST_NAME_MAX] = '\0';
    return ret;
}

static const char *date(int64_t wall, char ret[MESSAGE_DATE_SIZE]) {
    time_t seconds = (time_t) wall;
    struct tm parts;
    if (!localtime_r(&seconds, &parts) ||
        strftime(ret, MESSAGE_DATE_SIZE, "%-d %b %H:%M", &parts) == 0)
        strcpy(ret, "?");
    return ret;
}

static void say_offline(struct visit *visit) {
    char last[MESSAGE_DATE_SIZE], until[MESSAGE_DATE_SIZE];
    say(visit, "Offline: %s last confirmed you %s. Offline login works until %s.",
        visit->answer.provider, date(visit->answer.last_granted, last),
        date(visit->answer.grace_until, until));
}

static void say_unreachable(struct visit *visit) {
    const struct login_config *login = &visit->config.login;
    char again[32] = "";
    bool waited = moment_boot_ms() >= visit->deadline_ms;
    if (login->offline_timeout > 0)
        snprintf(again, sizeof again, " in %u s", login->offline_timeout);
    if (waited)
        say(visit,
            "Login refused: %s did not answer within %u s. Your account is not at fault; try "
            "again%s.",
            visit->answer.provider, login->deadline, again);
    else
        say(visit, "Login refused: %s can't be reached. Your account is not at fault; try again%s.",
            visit->answer.provider, again);
}

static void say_denied(struct visit *visit) {
    char host[HOST_NAME_MAX + 1];
    if (visit->answer.source ==
        SOURCE_NONE) /* our own pin or mapping, whose details are not for all */
        say(visit,
            "Login refused: the grant stored for %s does not fit the configuration of %s. Ask your "
            "administrator, whose log says why.",
            visit->account.name, host_name(host));
    else
        say(visit,
            "Login refused by %s: %.200s. Enrolling again will not help; ask your administrator.",
            visit->answer.provider, visit->answer.reason.text);
}

/* Nothing came of an enrolment: what was stored before, or was not, is as it was. */
static void say_not_approved(struct visit *visit) {
    const char *account = visit->account.name;
    if (visit->answer.verdict == VERDICT_REAUTHORIZE)
        say(visit, "Login refused: %s was not enrolled: %.300s. Log in again for a new code.",
            account, visit->answer.reason.text);
    else
        say(visit, "Login refused: %s was not enrolled: %.300s.", account,
            visit->answer.reason.text);
}

/* Who has the resident helper can do it alone, from wherever they still have a shell. */
static void say_reauthorize(struct visit *visit) {
    const char *account = visit->account.name;
    say(visit, "Login refused: %s no longer honours this machine's grant for %s. %s%s",
        visit->answer.provider, account,
        visit->resident ? "Run: oauth-login enroll"
                        : "Ask an administrator to run: oauth-login enroll ",
        visit->resident ? "" : account);
}

void message_compose(struct visit *visit) {
    struct answer *answer = &visit->answer;
    char host[HOST_NAME_MAX + 1];
    const char *account = visit->account.name;
    bool no = answer->verdict == VERDICT_DENIED || answer->verdict == VERDICT_REAUTHORIZE;

    if (no && answer->source == SOURCE_DEVICE) {
        say_not_approved(visit);
        return;
    }
    switch (answer->verdict) {
    case VERDICT_NONE:
    case VERDICT_COUNT:
    case VERDICT_GRANTED:
    case VERDICT_NOT_MANAGED:
        return;
    case VERDICT_GRANTED_OFFLINE:
        say_offline(visit);
        return;
    case VERDICT_DENIED:
        say_denied(visit);
        return;
    case VERDICT_REAUTHORIZE:
        say_reauthorize(visit);
        return;
    case VERDICT_NOT_ENROLLED:
        say(visit,
            "Login refused: %s is not enrolled on %s. Ask an administrator to run: "
            "oauth-login enroll %s",
            account, host_name(host), account);
        return;
    case VERDICT_UNREACHABLE:
        say_unreachable(visit);
        return;
    case VERDICT_NOT_PERMITTED:
        say(visit, "You may ask about your own account only.");
        return;
    case VERDICT_MISCONFIGURED:
    case VERDICT_FAULT:
        say(visit,
            "Login refused: oauth-login on %s %s. Your account is not at fault; tell your "
            "administrator, whose log says what is wrong.",
            host_name(host), answer->verdict == VERDICT_FAULT ? "failed" : "is misconfigured");
        return;
    }
}
