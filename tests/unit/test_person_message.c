/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_person_message.c - person_message.c: one line that says who has to act, and reveals no
 * details.
 */
#include "unit.h"

#include <limits.h>
#include <time.h>

#include "clock.h"
#include "person_message.h"
#include "text.h"

static struct exchange exchange_of(enum verdict verdict, const char *reason) {
    struct exchange exchange = {
        .config.login = {.deadline = 10, .offline_timeout = 30},
        .account = {.name = "alice", .uid = 1001},
        .deadline_ms = INT64_MAX,
        .reply = {.verdict = verdict, .source = SOURCE_REFRESH, .provider = "corp"},
    };
    text_copy(exchange.reply.reason.text, REASON_SIZE, reason);
    return exchange;
}

static void assert_message(enum verdict verdict, const char *reason, const char *expected) {
    struct exchange exchange = exchange_of(verdict, reason);
    message_compose(&exchange);
    assert_string_equal(exchange.reply.message, expected);
}

static void a_granted_login_has_no_message(void **state) {
    (void)state;
    assert_message(VERDICT_GRANTED, "", "");
    assert_message(VERDICT_NOT_MANAGED, "uid 0", "");
    assert_message(VERDICT_NONE, "", "");
}

static void each_refusal_names_who_has_to_act(void **state) {
    (void)state;
    char host[HOST_NAME_MAX + 1] = "";
    gethostname(host, sizeof host);
    SCOPED_TEXT char *unenrolled = unit_text("Login refused: alice is not enrolled on %s. Ask an "
                                             "administrator to run: oauth-login enroll alice",
                                             host);
    assert_message(VERDICT_DENIED, "the account is disabled",
                   "Login refused by corp: the account is disabled. Enrolling again will not help; "
                   "ask your administrator.");
    assert_message(VERDICT_REAUTHORIZE, "invalid_grant",
                   "Login refused: corp no longer honors this machine's grant for alice. Ask an "
                   "administrator to run: oauth-login enroll alice");
    assert_message(VERDICT_NOT_ENROLLED, "", unenrolled);
}

static void with_the_resident_helper_the_user_is_told_to_enroll(void **state) {
    (void)state;
    struct exchange exchange = exchange_of(VERDICT_REAUTHORIZE, "invalid_grant");
    exchange.resident = true;
    message_compose(&exchange);
    assert_string_equal(exchange.reply.message,
                        "Login refused: corp no longer honors this machine's grant for alice. "
                        "Run: oauth-login enroll");
}

/* Only the administrator may learn to whom the grant belongs. */
static void a_grant_that_no_longer_fits_reveals_no_details(void **state) {
    (void)state;
    struct exchange exchange =
        exchange_of(VERDICT_DENIED, "the grant is pinned to subject 248289761001");
    exchange.reply.source = SOURCE_NONE;
    message_compose(&exchange);
    assert_has(exchange.reply.message, "Login refused: the grant stored for alice does not fit");
    assert_null(strstr(exchange.reply.message, "248289761001"));
}

static void a_provider_that_is_down_is_not_the_users_fault(void **state) {
    (void)state;
    struct exchange exchange = exchange_of(VERDICT_UNREACHABLE, "timeout");
    assert_message(VERDICT_UNREACHABLE, "refused",
                   "Login refused: corp can't be reached. Your account is not at fault; try again "
                   "in 30 s.");
    exchange.deadline_ms = clock_boot_ms() - 1;
    message_compose(&exchange);
    assert_string_equal(exchange.reply.message,
                        "Login refused: corp did not answer within 10 s. Your account is not at "
                        "fault; try again in 30 s.");
    exchange.config.login.offline_timeout = 0;
    message_compose(&exchange);
    assert_has(exchange.reply.message, "try again.");
}

static void a_failed_enrollment_names_the_next_step(void **state) {
    (void)state;
    struct exchange exchange = exchange_of(VERDICT_DENIED, "the grant is of name = mallory");
    exchange.reply.source = SOURCE_DEVICE;
    message_compose(&exchange);
    assert_string_equal(exchange.reply.message,
                        "Login refused: alice was not enrolled: the grant is of name = mallory.");
    exchange.reply.verdict = VERDICT_REAUTHORIZE;
    text_copy(exchange.reply.reason.text, REASON_SIZE, "nobody has approved the code in time");
    message_compose(&exchange);
    assert_string_equal(exchange.reply.message,
                        "Login refused: alice was not enrolled: nobody has approved the code in "
                        "time. Log in again for a new code.");
}

static void the_reason_of_a_local_failure_stays_in_the_log(void **state) {
    (void)state;
    static const enum verdict ours[] = {VERDICT_MISCONFIGURED, VERDICT_FAULT};
    for (size_t i = 0; i < COUNT(ours); i++) {
        struct exchange exchange =
            exchange_of(ours[i], "invalid_client: /etc/oauth-login/corp.secret");
        message_compose(&exchange);
        assert_has(exchange.reply.message, "tell your administrator");
        assert_has(exchange.reply.message, i == 0 ? "is misconfigured" : "failed");
        assert_null(strstr(exchange.reply.message, "corp.secret"));
    }
}

static void an_offline_login_shows_when_grace_ends(void **state) {
    (void)state;
    struct exchange exchange = exchange_of(VERDICT_GRANTED_OFFLINE, "timeout");
    setenv("TZ", "UTC", 1);
    tzset();
    exchange.reply.last_granted = 1784535240; /* 2026-07-20 08:14 UTC */
    exchange.reply.grace_until = 1785140040;
    message_compose(&exchange);
    assert_string_equal(exchange.reply.message, "Offline: corp last confirmed you 20 Jul 08:14. "
                                                "Offline login works until 27 Jul 08:14.");
}

static void a_reason_that_was_escaped_is_not_escaped_again(void **state) {
    (void)state;
    struct exchange exchange = exchange_of(VERDICT_DENIED, "");
    reason_set(&exchange.reply.reason, 0, "caf\xc3\xa9 is closed");
    message_compose(&exchange);
    assert_has(exchange.reply.message, ": caf\\xC3\\xA9 is closed.");
}

static void a_message_is_printable_and_bounded_whatever_the_provider_sends(void **state) {
    (void)state;
    struct exchange exchange = exchange_of(VERDICT_DENIED, "");
    memset(exchange.reply.reason.text, 'x', REASON_SIZE - 1);
    memset(exchange.reply.provider, 'p', PROTOCOL_NAME_MAX);
    memcpy(exchange.reply.reason.text, "\033[2J\n", 5);
    message_compose(&exchange);
    assert_true(strlen(exchange.reply.message) <= PROTOCOL_TEXT_MAX);
    for (const char *at = exchange.reply.message; *at; at++)
        assert_true(*at >= ' ' && *at <= '~');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_granted_login_has_no_message),
        cmocka_unit_test(each_refusal_names_who_has_to_act),
        cmocka_unit_test(with_the_resident_helper_the_user_is_told_to_enroll),
        cmocka_unit_test(a_grant_that_no_longer_fits_reveals_no_details),
        cmocka_unit_test(a_provider_that_is_down_is_not_the_users_fault),
        cmocka_unit_test(a_failed_enrollment_names_the_next_step),
        cmocka_unit_test(the_reason_of_a_local_failure_stays_in_the_log),
        cmocka_unit_test(an_offline_login_shows_when_grace_ends),
        cmocka_unit_test(a_reason_that_was_escaped_is_not_escaped_again),
        cmocka_unit_test(a_message_is_printable_and_bounded_whatever_the_provider_sends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
