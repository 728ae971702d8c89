/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_verdict_cache.c - verdict_cache.c: shared verdicts and offline grace. The clocks are the
 * kernel's; the tests set the times in the record, seconds away from limits.
 */
#include "unit.h"

#include "text.h"
#include "verdict_cache.h"

static const struct reason dead = {"invalid_grant: expired"};

struct fixture {
    struct config config;
    struct record record;
    struct reason reason;
};

static int fixture_make(void **state) {
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->config.login = (struct login_config){
        .reuse_within = 30, .deadline = 10, .offline_grace = 7 * 86400, .offline_timeout = 30};
    fixture->config.provider = (struct provider_config){.issuer = "https://idp",
                                                        .token_endpoint = "",
                                                        .client_id = "bastion",
                                                        .client_auth = CLIENT_AUTH_BASIC,
                                                        .client_secret = unit_secret("s3cret"),
                                                        .ca_file = "",
                                                        .proxy = ""};
    fixture->record.grant.expires = clock_wall() + 600;
    *state = fixture;
    return 0;
}

static int fixture_remove(void **state) {
    struct fixture *fixture = *state;
    secret_clear(&fixture->config.provider.client_secret);
    free(fixture);
    return 0;
}

static void note(struct fixture *fixture, enum verdict verdict, const char *why) {
    struct reason reason = {""};
    assert_true(text_copy(reason.text, sizeof reason.text, why));
    if (verdict == VERDICT_GRANTED)
        verdict_cache_store_yes(&fixture->record, &fixture->config.provider);
    else
        verdict_cache_store(&fixture->record, &fixture->config.provider, verdict, &reason);
}

static enum verdict shared(struct fixture *fixture) {
    fixture->reason = (struct reason){""};
    return verdict_cache_lookup(&fixture->record, &fixture->config, &fixture->reason);
}

static bool grace(struct fixture *fixture) {
    int64_t until = 0;
    bool in = verdict_cache_grace(&fixture->record, &fixture->config, &until);
    assert_int_equal(until,
                     in ? fixture->record.last_granted + fixture->config.login.offline_grace : 0);
    return in;
}

/* Moves a time `seconds` back. */
static void age(struct record_time *time, int64_t seconds) {
    time->ms -= seconds * 1000;
}

static void as_in_another_boot(struct record_time *time) {
    time->boot[0] = time->boot[0] == '0' ? '1' : '0';
}

static void nothing_is_shared_at_first(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(shared(fixture), VERDICT_NONE);
    assert_false(grace(fixture));
}

static void a_granted_verdict_is_shared_for_reuse_within(void **state) {
    struct fixture *fixture = *state;
    note(fixture, VERDICT_GRANTED, "");
    assert_int_equal(shared(fixture), VERDICT_GRANTED);
    assert_string_equal(fixture->reason.text, "the provider answered 0 s ago");
    age(&fixture->record.judged, 25);
    assert_int_equal(shared(fixture), VERDICT_GRANTED);
    assert_string_equal(fixture->reason.text, "the provider answered 25 s ago");
    age(&fixture->record.judged, 5);
    assert_int_equal(shared(fixture), VERDICT_NONE);
}

static void a_refusal_is_shared_with_its_reason(void **state) {
    struct fixture *fixture = *state;
    static const enum verdict noes[] = {VERDICT_DENIED, VERDICT_REAUTHORIZE};
    for (size_t i = 0; i < COUNT(noes); i++) {
        note(fixture, noes[i], dead.text);
        assert_int_equal(shared(fixture), noes[i]);
        assert_string_equal(fixture->reason.text, "invalid_grant: expired (answered 0 s ago)");
        age(&fixture->record.judged, 30);
        assert_int_equal(shared(fixture), VERDICT_NONE);
    }
}

/* A reason is escaped when it is made, and not again each time that it is shared. */
static void a_reason_is_shared_word_for_word(void **state) {
    struct fixture *fixture = *state;
    struct reason escaped;
    reason_set(&escaped, 0, "access_denied: caf\xc3\xa9");
    note(fixture, VERDICT_DENIED, escaped.text);
    assert_int_equal(shared(fixture), VERDICT_DENIED);
    assert_has(fixture->reason.text, escaped.text);
    note(fixture, VERDICT_UNREACHABLE, escaped.text);
    assert_int_equal(shared(fixture), VERDICT_UNREACHABLE);
    assert_has(fixture->reason.text, escaped.text);
}

static void without_reuse_every_login_asks_the_provider(void **state) {
    struct fixture *fixture = *state;
    fixture->config.login.reuse_within = 0;
    fixture->config.login.offline_timeout = 0;
    note(fixture, VERDICT_GRANTED, "");
    assert_int_equal(shared(fixture), VERDICT_NONE);
    note(fixture, VERDICT_DENIED, dead.text);
    assert_int_equal(shared(fixture), VERDICT_NONE);
    note(fixture, VERDICT_UNREACHABLE, "timeout");
    assert_int_equal(shared(fixture), VERDICT_NONE);
}

static void an_expired_token_is_not_shared(void **state) {
    struct fixture *fixture = *state;
    note(fixture, VERDICT_GRANTED, "");
    fixture->record.grant.expires = clock_wall() - 1;
    assert_int_equal(shared(fixture), VERDICT_NONE);
    fixture->record.grant.expires = 0;
    assert_int_equal(shared(fixture), VERDICT_NONE);
}

static void another_boot_shares_nothing(void **state) {
    struct fixture *fixture = *state;
    note(fixture, VERDICT_GRANTED, "");
    as_in_another_boot(&fixture->record.judged);
    assert_int_equal(shared(fixture), VERDICT_NONE);
    note(fixture, VERDICT_UNREACHABLE, "timeout");
    as_in_another_boot(&fixture->record.unreachable);
    assert_int_equal(shared(fixture), VERDICT_NONE);
    note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
    as_in_another_boot(&fixture->record.misconfigured);
    assert_int_equal(shared(fixture), VERDICT_NONE);
}

static void a_boot_clock_that_went_back_shares_nothing(void **state) {
    struct fixture *fixture = *state;
    note(fixture, VERDICT_GRANTED, "");
    age(&fixture->record.judged, -60);
    assert_int_equal(shared(fixture), VERDICT_NONE);
    note(fixture, VERDICT_UNREACHABLE, "timeout");
    age(&fixture->record.unreachable, -60);
    assert_int_equal(shared(fixture), VERDICT_NONE);
}

static void unreachable_is_shared_for_offline_timeout(void **state) {
    struct fixture *fixture = *state;
    fixture->config.login.reuse_within = 0;
    note(fixture, VERDICT_UNREACHABLE, "connect: timed out");
    assert_int_equal(shared(fixture), VERDICT_UNREACHABLE);
    assert_string_equal(fixture->reason.text, "connect: timed out (tried 0 s ago)");
    age(&fixture->record.unreachable, 25);
    assert_int_equal(shared(fixture), VERDICT_UNREACHABLE);
    age(&fixture->record.unreachable, 5);
    assert_int_equal(shared(fixture), VERDICT_NONE);
}

static void unreachable_ends_when_the_provider_answers(void **state) {
    struct fixture *fixture = *state;
    note(fixture, VERDICT_UNREACHABLE, "timeout");
    note(fixture, VERDICT_GRANTED, "");
    assert_int_equal(shared(fixture), VERDICT_GRANTED);
    note(fixture, VERDICT_UNREACHABLE, "timeout");
    note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
    assert_int_equal(shared(fixture), VERDICT_MISCONFIGURED);
}

static void a_wrong_secret_is_not_tried_again_for_one_to_five_minutes(void **state) {
    struct fixture *fixture = *state;
    static const int64_t seconds[] = {60, 120, 240, 300, 300, 300};
    for (size_t i = 0; i < COUNT(seconds); i++) {
        SCOPED_TEXT char *said =
            unit_text("invalid_client (not asked again for %lld s", (long long)seconds[i]);
        note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
        assert_int_equal(shared(fixture), VERDICT_MISCONFIGURED);
        assert_has(fixture->reason.text, said);
        age(&fixture->record.misconfigured, seconds[i] - 5);
        assert_int_equal(shared(fixture), VERDICT_MISCONFIGURED);
        age(&fixture->record.misconfigured, 5);
        assert_int_equal(shared(fixture), VERDICT_NONE);
    }
}

/* Changes the client's setting number `i`. False when there are no more. */
static bool change_client(struct provider_config *provider, size_t i) {
    static const size_t texts[] = {
        offsetof(struct provider_config, client_id), offsetof(struct provider_config, issuer),
        offsetof(struct provider_config, token_endpoint), offsetof(struct provider_config, ca_file),
        offsetof(struct provider_config, proxy)};
    if (i == COUNT(texts))
        provider->client_auth = CLIENT_AUTH_POST;
    else if (i == COUNT(texts) + 1)
        assert_int_equal(secret_set(&provider->client_secret, "s3creT", 6, 100), 0);
    else if (i < COUNT(texts))
        *(const char **)((char *)provider + texts[i]) = "another";
    return i < COUNT(texts) + 2;
}

static void a_changed_client_is_tried_at_once(void **state) {
    struct fixture *fixture = *state;
    for (size_t i = 0;; i++) {
        note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
        note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
        assert_int_equal(shared(fixture), VERDICT_MISCONFIGURED);
        if (!change_client(&fixture->config.provider, i))
            return;
        assert_int_equal(shared(fixture), VERDICT_NONE);
        note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
        assert_int_equal(shared(fixture), VERDICT_MISCONFIGURED);
        assert_has(fixture->reason.text, "for 60 s"); /* a first failure again */
    }
}

/* An earlier yes does not show that the account meets a requirement that was added later. */
static void a_new_requirement_is_checked_with_the_provider_at_once(void **state) {
    struct fixture *fixture = *state;
    static const size_t demands[] = {
        offsetof(struct provider_config, userinfo_endpoint),
        offsetof(struct provider_config, introspection_endpoint),
        offsetof(struct provider_config, jwks_uri),
        offsetof(struct provider_config, subject_claim),
        offsetof(struct provider_config, require_groups),
        offsetof(struct provider_config, groups_claim),
        offsetof(struct provider_config, groups_separator),
        offsetof(struct provider_config, require_claim),
        offsetof(struct provider_config, require_scope),
    };
    for (size_t i = 0; i <= COUNT(demands); i++) {
        note(fixture, VERDICT_GRANTED, "");
        assert_int_equal(shared(fixture), VERDICT_GRANTED);
        assert_true(grace(fixture));
        if (i < COUNT(demands))
            *(const char **)((char *)&fixture->config.provider + demands[i]) = "new";
        else
            fixture->config.provider.require = REQUIRE_USERINFO;
        assert_int_equal(shared(fixture), VERDICT_NONE);
        assert_false(grace(fixture));
    }
}

static void a_refusal_keeps_the_time_of_the_last_grant(void **state) {
    struct fixture *fixture = *state;
    note(fixture, VERDICT_GRANTED, "");
    fixture->record.last_granted -= 60;
    int64_t granted = fixture->record.last_granted;
    note(fixture, VERDICT_DENIED, "access_denied");
    assert_int_equal(fixture->record.last_granted, granted);
}

/* If settings were digested without separators, issuer "a" with client "bc" would equal issuer "ab"
 * with client "c". */
static void adjacent_client_settings_are_not_confused(void **state) {
    struct fixture *fixture = *state;
    note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
    fixture->config.provider.issuer = "https://idpb";
    fixture->config.provider.client_id = "astion";
    assert_int_equal(shared(fixture), VERDICT_NONE);
}

static void a_client_that_works_again_starts_over_at_one_minute(void **state) {
    struct fixture *fixture = *state;
    note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
    note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
    note(fixture, VERDICT_REAUTHORIZE, dead.text);
    assert_int_equal(shared(fixture), VERDICT_REAUTHORIZE);
    note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
    assert_int_equal(shared(fixture), VERDICT_MISCONFIGURED);
    assert_has(fixture->reason.text, "for 60 s");
}

static void a_client_that_was_seen_to_work_is_tried_at_once(void **state) {
    struct fixture *fixture = *state;
    assert_false(verdict_cache_clear_refusal(&fixture->record));
    note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
    assert_true(verdict_cache_clear_refusal(&fixture->record));
    assert_int_equal(shared(fixture), VERDICT_NONE);
    assert_false(verdict_cache_clear_refusal(&fixture->record));
    note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
    assert_int_equal(shared(fixture), VERDICT_MISCONFIGURED);
    assert_has(fixture->reason.text, "for 60 s"); /* a first failure again */
}

static void a_clients_failure_says_nothing_about_the_account(void **state) {
    struct fixture *fixture = *state;
    note(fixture, VERDICT_GRANTED, "");
    note(fixture, VERDICT_MISCONFIGURED, "invalid_client");
    note(fixture, VERDICT_UNREACHABLE, "timeout");
    assert_int_equal(fixture->record.last_verdict, VERDICT_GRANTED);
    assert_true(grace(fixture));
}

static void grace_lasts_as_long_as_configured(void **state) {
    struct fixture *fixture = *state;
    fixture->config.login.offline_grace = 3600;
    note(fixture, VERDICT_GRANTED, "");
    assert_true(grace(fixture));
    fixture->record.last_granted -= 3595;
    assert_true(grace(fixture));
    fixture->record.last_granted -= 5;
    assert_false(grace(fixture));
    note(fixture, VERDICT_GRANTED, "");
    fixture->config.login.offline_grace = 0;
    assert_false(grace(fixture));
}

static void grace_never_overrides_a_refusal(void **state) {
    struct fixture *fixture = *state;
    static const enum verdict noes[] = {VERDICT_DENIED, VERDICT_REAUTHORIZE};
    for (size_t i = 0; i < COUNT(noes); i++) {
        note(fixture, VERDICT_GRANTED, "");
        assert_true(grace(fixture));
        note(fixture, noes[i], dead.text);
        assert_false(grace(fixture));
        note(fixture, VERDICT_UNREACHABLE, "timeout");
        assert_false(grace(fixture));
    }
}

static void a_wall_clock_set_back_ends_the_grace(void **state) {
    struct fixture *fixture = *state;
    note(fixture, VERDICT_GRANTED, "");
    fixture->record.last_granted += 60;
    assert_false(grace(fixture));
}

static void the_boot_clock_ends_the_grace_even_if_the_wall_clock_was_set_back(void **state) {
    struct fixture *fixture = *state;
    fixture->config.login.offline_grace = 3600;
    note(fixture, VERDICT_GRANTED, "");
    age(&fixture->record.judged, 3595);
    assert_true(grace(fixture));
    age(&fixture->record.judged, 5);
    assert_false(grace(fixture));
    as_in_another_boot(&fixture->record.judged); /* it cannot be compared with this boot */
    assert_true(grace(fixture));
    age(&fixture->record.judged, -86400);
    assert_true(grace(fixture));
}

static void a_boot_clock_that_went_back_ends_the_grace(void **state) {
    struct fixture *fixture = *state;
    note(fixture, VERDICT_GRANTED, "");
    age(&fixture->record.judged, -60);
    assert_false(grace(fixture));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_make, fixture_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_shared_at_first),
        TEST(a_granted_verdict_is_shared_for_reuse_within),
        TEST(a_refusal_is_shared_with_its_reason),
        TEST(a_reason_is_shared_word_for_word),
        TEST(without_reuse_every_login_asks_the_provider),
        TEST(an_expired_token_is_not_shared),
        TEST(another_boot_shares_nothing),
        TEST(a_boot_clock_that_went_back_shares_nothing),
        TEST(unreachable_is_shared_for_offline_timeout),
        TEST(unreachable_ends_when_the_provider_answers),
        TEST(a_wrong_secret_is_not_tried_again_for_one_to_five_minutes),
        TEST(a_changed_client_is_tried_at_once),
        TEST(a_new_requirement_is_checked_with_the_provider_at_once),
        TEST(a_refusal_keeps_the_time_of_the_last_grant),
        TEST(adjacent_client_settings_are_not_confused),
        TEST(a_client_that_works_again_starts_over_at_one_minute),
        TEST(a_client_that_was_seen_to_work_is_tried_at_once),
        TEST(a_clients_failure_says_nothing_about_the_account),
        TEST(grace_lasts_as_long_as_configured),
        TEST(grace_never_overrides_a_refusal),
        TEST(a_wall_clock_set_back_ends_the_grace),
        TEST(the_boot_clock_ends_the_grace_even_if_the_wall_clock_was_set_back),
        TEST(a_boot_clock_that_went_back_ends_the_grace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
