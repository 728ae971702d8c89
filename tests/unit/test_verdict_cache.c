/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_verdict_cache.c - verdict_cache.c: shared verdicts and offline grace. The clocks are the
 * kernel's; the tests set the times in the record, seconds away from limits.
 */
#include "unit.h"

#include "text.h"
#include "verdict_cache.h"

static const struct reason dead = {"invalid_grant: expired"};

struct directory {
    struct config config;
    struct record record;
    struct reason reason;
};

static int directory_make(void **state) {
    struct directory *directory = calloc(1, sizeof *directory);
    assert_non_null(directory);
    directory->config.login = (struct login_config){
        .reuse_within = 30, .deadline = 10, .offline_grace = 7 * 86400, .offline_timeout = 30};
    directory->config.provider = (struct provider_config){.issuer = "https://idp",
                                                          .token_endpoint = "",
                                                          .client_id = "bastion",
                                                          .client_auth = CLIENT_AUTH_BASIC,
                                                          .client_secret = unit_secret("s3cret"),
                                                          .ca_file = "",
                                                          .proxy = ""};
    directory->record.grant.expires = clock_wall() + 600;
    *state = directory;
    return 0;
}

static int directory_remove(void **state) {
    struct directory *directory = *state;
    secret_clear(&directory->config.provider.client_secret);
    free(directory);
    return 0;
}

static void note(struct directory *directory, enum verdict verdict, const char *why) {
    struct reason reason = {""};
    assert_true(text_copy(reason.text, sizeof reason.text, why));
    if (verdict == VERDICT_GRANTED)
        verdict_cache_store_yes(&directory->record, &directory->config.provider);
    else
        verdict_cache_store(&directory->record, &directory->config.provider, verdict, &reason);
}

static enum verdict shared(struct directory *directory) {
    directory->reason = (struct reason){""};
    return verdict_cache_lookup(&directory->record, &directory->config, &directory->reason);
}

static bool grace(struct directory *directory) {
    int64_t until = 0;
    bool in = verdict_cache_grace(&directory->record, &directory->config, &until);
    assert_int_equal(
        until, in ? directory->record.last_granted + directory->config.login.offline_grace : 0);
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
    struct directory *directory = *state;
    assert_int_equal(shared(directory), VERDICT_NONE);
    assert_false(grace(directory));
}

static void a_granted_verdict_is_shared_for_reuse_within(void **state) {
    struct directory *directory = *state;
    note(directory, VERDICT_GRANTED, "");
    assert_int_equal(shared(directory), VERDICT_GRANTED);
    assert_string_equal(directory->reason.text, "the provider answered 0 s ago");
    age(&directory->record.judged, 25);
    assert_int_equal(shared(directory), VERDICT_GRANTED);
    assert_string_equal(directory->reason.text, "the provider answered 25 s ago");
    age(&directory->record.judged, 5);
    assert_int_equal(shared(directory), VERDICT_NONE);
}

static void a_refusal_is_shared_with_its_reason(void **state) {
    struct directory *directory = *state;
    static const enum verdict noes[] = {VERDICT_DENIED, VERDICT_REAUTHORIZE};
    for (size_t i = 0; i < COUNT(noes); i++) {
        note(directory, noes[i], dead.text);
        assert_int_equal(shared(directory), noes[i]);
        assert_string_equal(directory->reason.text, "invalid_grant: expired (answered 0 s ago)");
        age(&directory->record.judged, 30);
        assert_int_equal(shared(directory), VERDICT_NONE);
    }
}

/* A reason is escaped when it is made, and not again each time that it is shared. */
static void a_reason_is_shared_word_for_word(void **state) {
    struct directory *directory = *state;
    struct reason escaped;
    reason_set(&escaped, 0, "access_denied: caf\xc3\xa9");
    note(directory, VERDICT_DENIED, escaped.text);
    assert_int_equal(shared(directory), VERDICT_DENIED);
    assert_has(directory->reason.text, escaped.text);
    note(directory, VERDICT_UNREACHABLE, escaped.text);
    assert_int_equal(shared(directory), VERDICT_UNREACHABLE);
    assert_has(directory->reason.text, escaped.text);
}

static void without_reuse_every_login_asks_the_provider(void **state) {
    struct directory *directory = *state;
    directory->config.login.reuse_within = 0;
    directory->config.login.offline_timeout = 0;
    note(directory, VERDICT_GRANTED, "");
    assert_int_equal(shared(directory), VERDICT_NONE);
    note(directory, VERDICT_DENIED, dead.text);
    assert_int_equal(shared(directory), VERDICT_NONE);
    note(directory, VERDICT_UNREACHABLE, "timeout");
    assert_int_equal(shared(directory), VERDICT_NONE);
}

static void an_expired_token_is_not_shared(void **state) {
    struct directory *directory = *state;
    note(directory, VERDICT_GRANTED, "");
    directory->record.grant.expires = clock_wall() - 1;
    assert_int_equal(shared(directory), VERDICT_NONE);
    directory->record.grant.expires = 0;
    assert_int_equal(shared(directory), VERDICT_NONE);
}

static void another_boot_shares_nothing(void **state) {
    struct directory *directory = *state;
    note(directory, VERDICT_GRANTED, "");
    as_in_another_boot(&directory->record.judged);
    assert_int_equal(shared(directory), VERDICT_NONE);
    note(directory, VERDICT_UNREACHABLE, "timeout");
    as_in_another_boot(&directory->record.unreachable);
    assert_int_equal(shared(directory), VERDICT_NONE);
    note(directory, VERDICT_MISCONFIGURED, "invalid_client");
    as_in_another_boot(&directory->record.misconfigured);
    assert_int_equal(shared(directory), VERDICT_NONE);
}

static void a_boot_clock_that_went_back_shares_nothing(void **state) {
    struct directory *directory = *state;
    note(directory, VERDICT_GRANTED, "");
    age(&directory->record.judged, -60);
    assert_int_equal(shared(directory), VERDICT_NONE);
    note(directory, VERDICT_UNREACHABLE, "timeout");
    age(&directory->record.unreachable, -60);
    assert_int_equal(shared(directory), VERDICT_NONE);
}

static void unreachable_is_shared_for_offline_timeout(void **state) {
    struct directory *directory = *state;
    directory->config.login.reuse_within = 0;
    note(directory, VERDICT_UNREACHABLE, "connect: timed out");
    assert_int_equal(shared(directory), VERDICT_UNREACHABLE);
    assert_string_equal(directory->reason.text, "connect: timed out (tried 0 s ago)");
    age(&directory->record.unreachable, 25);
    assert_int_equal(shared(directory), VERDICT_UNREACHABLE);
    age(&directory->record.unreachable, 5);
    assert_int_equal(shared(directory), VERDICT_NONE);
}

static void unreachable_ends_when_the_provider_answers(void **state) {
    struct directory *directory = *state;
    note(directory, VERDICT_UNREACHABLE, "timeout");
    note(directory, VERDICT_GRANTED, "");
    assert_int_equal(shared(directory), VERDICT_GRANTED);
    note(directory, VERDICT_UNREACHABLE, "timeout");
    note(directory, VERDICT_MISCONFIGURED, "invalid_client");
    assert_int_equal(shared(directory), VERDICT_MISCONFIGURED);
}

static void a_wrong_secret_is_not_tried_again_for_one_to_five_minutes(void **state) {
    struct directory *directory = *state;
    static const int64_t seconds[] = {60, 120, 240, 300, 300, 300};
    for (size_t i = 0; i < COUNT(seconds); i++) {
        SCOPED_TEXT char *said =
            unit_text("invalid_client (not asked again for %lld s", (long long)seconds[i]);
        note(directory, VERDICT_MISCONFIGURED, "invalid_client");
        assert_int_equal(shared(directory), VERDICT_MISCONFIGURED);
        assert_has(directory->reason.text, said);
        age(&directory->record.misconfigured, seconds[i] - 5);
        assert_int_equal(shared(directory), VERDICT_MISCONFIGURED);
        age(&directory->record.misconfigured, 5);
        assert_int_equal(shared(directory), VERDICT_NONE);
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
    struct directory *directory = *state;
    for (size_t i = 0;; i++) {
        note(directory, VERDICT_MISCONFIGURED, "invalid_client");
        note(directory, VERDICT_MISCONFIGURED, "invalid_client");
        assert_int_equal(shared(directory), VERDICT_MISCONFIGURED);
        if (!change_client(&directory->config.provider, i))
            return;
        assert_int_equal(shared(directory), VERDICT_NONE);
        note(directory, VERDICT_MISCONFIGURED, "invalid_client");
        assert_int_equal(shared(directory), VERDICT_MISCONFIGURED);
        assert_has(directory->reason.text, "for 60 s"); /* a first failure again */
    }
}

/* No earlier response has met a requirement that is new. */
static void a_new_requirement_is_checked_with_the_provider_at_once(void **state) {
    struct directory *directory = *state;
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
        note(directory, VERDICT_GRANTED, "");
        assert_int_equal(shared(directory), VERDICT_GRANTED);
        assert_true(grace(directory));
        if (i < COUNT(demands))
            *(const char **)((char *)&directory->config.provider + demands[i]) = "new";
        else
            directory->config.provider.require = REQUIRE_USERINFO;
        assert_int_equal(shared(directory), VERDICT_NONE);
        assert_false(grace(directory));
    }
}

static void a_refusal_keeps_the_time_of_the_last_grant(void **state) {
    struct directory *directory = *state;
    note(directory, VERDICT_GRANTED, "");
    directory->record.last_granted -= 60;
    int64_t granted = directory->record.last_granted;
    note(directory, VERDICT_DENIED, "access_denied");
    assert_int_equal(directory->record.last_granted, granted);
}

/* Otherwise issuer "a" with client "bc" would equal issuer "ab" with client "c". */
static void adjacent_client_settings_are_not_confused(void **state) {
    struct directory *directory = *state;
    note(directory, VERDICT_MISCONFIGURED, "invalid_client");
    directory->config.provider.issuer = "https://idpb";
    directory->config.provider.client_id = "astion";
    assert_int_equal(shared(directory), VERDICT_NONE);
}

static void a_client_that_works_again_starts_over_at_one_minute(void **state) {
    struct directory *directory = *state;
    note(directory, VERDICT_MISCONFIGURED, "invalid_client");
    note(directory, VERDICT_MISCONFIGURED, "invalid_client");
    note(directory, VERDICT_REAUTHORIZE, dead.text);
    assert_int_equal(shared(directory), VERDICT_REAUTHORIZE);
    note(directory, VERDICT_MISCONFIGURED, "invalid_client");
    assert_int_equal(shared(directory), VERDICT_MISCONFIGURED);
    assert_has(directory->reason.text, "for 60 s");
}

static void a_client_that_was_seen_to_work_is_tried_at_once(void **state) {
    struct directory *directory = *state;
    assert_false(verdict_cache_clear_refusal(&directory->record));
    note(directory, VERDICT_MISCONFIGURED, "invalid_client");
    assert_true(verdict_cache_clear_refusal(&directory->record));
    assert_int_equal(shared(directory), VERDICT_NONE);
    assert_false(verdict_cache_clear_refusal(&directory->record));
    note(directory, VERDICT_MISCONFIGURED, "invalid_client");
    assert_int_equal(shared(directory), VERDICT_MISCONFIGURED);
    assert_has(directory->reason.text, "for 60 s"); /* a first failure again */
}

static void a_clients_failure_says_nothing_about_the_account(void **state) {
    struct directory *directory = *state;
    note(directory, VERDICT_GRANTED, "");
    note(directory, VERDICT_MISCONFIGURED, "invalid_client");
    note(directory, VERDICT_UNREACHABLE, "timeout");
    assert_int_equal(directory->record.last_verdict, VERDICT_GRANTED);
    assert_true(grace(directory));
}

static void grace_lasts_as_long_as_configured(void **state) {
    struct directory *directory = *state;
    directory->config.login.offline_grace = 3600;
    note(directory, VERDICT_GRANTED, "");
    assert_true(grace(directory));
    directory->record.last_granted -= 3595;
    assert_true(grace(directory));
    directory->record.last_granted -= 5;
    assert_false(grace(directory));
    note(directory, VERDICT_GRANTED, "");
    directory->config.login.offline_grace = 0;
    assert_false(grace(directory));
}

static void grace_never_overrides_a_refusal(void **state) {
    struct directory *directory = *state;
    static const enum verdict noes[] = {VERDICT_DENIED, VERDICT_REAUTHORIZE};
    for (size_t i = 0; i < COUNT(noes); i++) {
        note(directory, VERDICT_GRANTED, "");
        assert_true(grace(directory));
        note(directory, noes[i], dead.text);
        assert_false(grace(directory));
        note(directory, VERDICT_UNREACHABLE, "timeout");
        assert_false(grace(directory));
    }
}

static void a_wall_clock_set_back_ends_the_grace(void **state) {
    struct directory *directory = *state;
    note(directory, VERDICT_GRANTED, "");
    directory->record.last_granted += 60;
    assert_false(grace(directory));
}

static void the_boot_clock_ends_the_grace_even_if_the_wall_clock_was_set_back(void **state) {
    struct directory *directory = *state;
    directory->config.login.offline_grace = 3600;
    note(directory, VERDICT_GRANTED, "");
    age(&directory->record.judged, 3595);
    assert_true(grace(directory));
    age(&directory->record.judged, 5);
    assert_false(grace(directory));
    as_in_another_boot(&directory->record.judged); /* it cannot be compared with this boot */
    assert_true(grace(directory));
    age(&directory->record.judged, -86400);
    assert_true(grace(directory));
}

static void a_boot_clock_that_went_back_ends_the_grace(void **state) {
    struct directory *directory = *state;
    note(directory, VERDICT_GRANTED, "");
    age(&directory->record.judged, -60);
    assert_false(grace(directory));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, directory_make, directory_remove)

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
