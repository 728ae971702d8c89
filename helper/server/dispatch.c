/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dispatch.c - serves one request: checks whether the caller may make it, and runs its use case.
 */
#include "dispatch.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "doctor.h"
#include "enroll.h"
#include "exchange.h"
#include "load.h"
#include "login.h"
#include "permission.h"
#include "reply.h"

/* The data that a use case needs before it begins. */
enum need {
    NEED_ACCOUNT, /* the account and the configuration */
    NEED_CONFIG,
    NEED_NOTHING, /* it reads the configuration itself */
};

static const struct use_case {
    enum protocol_operation operation;
    enum need need;
    void (*run)(struct exchange *exchange);
} use_cases[] = {
    {OPERATION_VERIFY, NEED_ACCOUNT, login_verify},
    {OPERATION_TOKEN, NEED_ACCOUNT, login_token},
    {OPERATION_FRESH_TOKEN, NEED_ACCOUNT, session_token},
    {OPERATION_WATCH, NEED_ACCOUNT, session_watch},
    {OPERATION_LOGOUT, NEED_ACCOUNT, session_logout},
    {OPERATION_ENROLL, NEED_ACCOUNT, enroll_by_device},
    {OPERATION_BROWSER, NEED_ACCOUNT, enroll_by_browser},
    {OPERATION_IMPORT, NEED_ACCOUNT, import_grant},
    {OPERATION_UNENROLL, NEED_ACCOUNT, unenroll_account},
    {OPERATION_FORGET, NEED_ACCOUNT, unenroll_forget},
    {OPERATION_STATUS, NEED_ACCOUNT, listing_status},
    {OPERATION_LIST, NEED_CONFIG, listing_list},
    {OPERATION_DOCTOR, NEED_NOTHING, doctor_run},
};

static const struct use_case *find_use_case(enum protocol_operation operation) {
    for (size_t i = 0; i < sizeof use_cases / sizeof use_cases[0]; i++)
        if (use_cases[i].operation == operation)
            return &use_cases[i];
    return NULL;
}

static void override(uint32_t *setting, uint32_t requested) {
    if (requested != PROTOCOL_UNSET)
        *setting = requested;
}

/* Applies the options of the request, but only if root sent it: then they come from pam.d. */
static void take_options(struct exchange *exchange) {
    struct login_config *login = &exchange->config.login;

    if (exchange->peer.uid != 0)
        return;
    override(&login->offline_grace, exchange->request.offline_grace);
    override(&login->reuse_within, exchange->request.reuse_within);
    override(&login->deadline, exchange->request.deadline);
    if (login->deadline > PROTOCOL_DEADLINE_MAX)
        login->deadline = PROTOCOL_DEADLINE_MAX;
}

/* Resolves the account and checks that the caller may make this request about it. Returns
 * VERDICT_NONE, or the verdict that it has concluded. */
static enum verdict admit(struct exchange *exchange, const struct use_case *use_case) {
    struct reason reason = {""};
    bool named = use_case->need == NEED_ACCOUNT;
    int r = named ? account_resolve(exchange->request.user, &exchange->account, &reason) : 0;

    /* Check this before anything else, and refuse an unknown name in the same way, so that another
     * uid learns nothing. */
    if (!permission_is_given(use_case->operation, exchange->peer.uid,
                             r < 0 ? NULL : &exchange->account, &reason))
        return exchange_conclude(exchange, VERDICT_NOT_PERMITTED, &reason);
    return r < 0 ? exchange_conclude(exchange, VERDICT_FAULT, &reason) : VERDICT_NONE;
}

/* Concludes MISCONFIGURED, unless [login] excludes the account: then a mistake in another section
 * must not lock it out, above all if it is a break-glass account. */
static void conclude_misconfigured(struct exchange *exchange, const struct reason *why) {
    struct reason reason = {""};
    enum protocol_operation operation = exchange->request.operation;
    bool login = operation == OPERATION_VERIFY || operation == OPERATION_TOKEN;

    if (login && exchange->config.login_known &&
        account_is_managed(&exchange->account, &exchange->config.login, &reason) == 0)
        exchange_conclude(exchange, VERDICT_NOT_MANAGED, &reason);
    else
        exchange_conclude(exchange, VERDICT_MISCONFIGURED, why);
}

static void serve(struct exchange *exchange, const struct use_case *use_case) {
    struct reason reason = {""};
    int64_t started = clock_boot_ms();

    if (admit(exchange, use_case) != VERDICT_NONE)
        return;
    if (use_case->need == NEED_NOTHING) {
        use_case->run(exchange);
        return;
    }
    if (use_case->need == NEED_ACCOUNT && exchange->account.uid == 0) {
        /* Do not even read the configuration: a mistake in it must never lock root out. */
        reason_set(&reason, 0, "uid 0 is never managed");
        exchange_conclude(exchange, VERDICT_NOT_MANAGED, &reason);
        return;
    }
    if (config_load(exchange->config_path, &exchange->config, &reason) < 0) {
        conclude_misconfigured(exchange, &reason);
        return;
    }

    take_options(exchange);
    snprintf(exchange->reply.provider, sizeof exchange->reply.provider, "%s",
             exchange->config.provider.name);
    exchange->deadline_ms = started + (int64_t)exchange->config.login.deadline * 1000;

    /* Send the notice before anything is done: a caller that reads none may ask another helper. */
    struct notice notice = {.milliseconds = exchange->config.login.deadline * 1000,
                            .provider = exchange->config.provider.name};
    if (peer_send_notice(&exchange->peer, &notice))
        use_case->run(exchange);
}

static void clear(struct exchange *exchange) {
    request_clear(&exchange->request);
    config_clear(&exchange->config);
    secret_clear(&exchange->reply.token);
}

void dispatch_request(int fd, const char *config_path, bool resident) {
    __attribute__((cleanup(clear))) struct exchange exchange = {
        .config_path = config_path, .resident = resident, .reply = {.verdict = VERDICT_FAULT}};
    struct reason reason;

    if (peer_open(fd, &exchange.peer) < 0)
        return;
    int r = peer_read_request(&exchange.peer, &exchange.request);
    if (r == -ECONNRESET)
        return;

    const struct use_case *use_case = r == 0 ? find_use_case(exchange.request.operation) : NULL;
    if (geteuid() == 0 || getuid() != geteuid()) {
        reason_set(&reason, 0,
                   "the helper is setuid or runs as root; run: chmod 0755 " OAUTH_LOGIN_HELPER);
        exchange_conclude(&exchange, VERDICT_FAULT, &reason);
    } else if (use_case) {
        serve(&exchange, use_case);
    } else {
        reason_set(&reason, 0,
                   "the request was not understood (%s); the module, the command and "
                   "the helper must be of the same version",
                   strerror(r < 0 ? -r : EBADMSG));
        exchange_conclude(&exchange, VERDICT_FAULT, &reason);
    }
    reply_send(&exchange);
}
