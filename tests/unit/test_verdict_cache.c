/*
 * test_earlier.c - earlier.c: what is shared, for how long, and what the grace still allows.
 * The clocks are the kernel's; the tests set what the record remembers, seconds away from limits.
 */
#include "unit.h"

#include "verdict_cache.h"

static const struct reason dead = {"invalid_grant: expired"};

struct place {
    struct config config;
    struct record record;
    struct reason reason;
};

static int place_make(void **state) {
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->config.login = (struct login_config){
        .reuse_within = 30, .deadline = 10, .offline_grace = 7 * 86400, .offline_timeout = 30};
    place->config.provider = (struct provider_config){.issuer = "https://idp",
                                                      .token_endpoint = "",
                                                      .client_id = "bastion",
                                                      .client_auth = CLIENT_AUTH_BASIC,
                                                      .client_secret = unit_secret("s3cret"),
                                                      .ca_file = "",
                                                      .proxy = ""};
    place->record.grant.expires = moment_wall() + 600;
    *state = place;
    return 0;
}

static int place_remove(void **state) {
    struct place *place = *state;
    secret_clear(&place->config.provider.client_secret);
    free(place);
    return 0;
}

static void note(struct place *place, enum verdict verdict, const char *why) {
    struct reason reason = {""};
    strcpy(reason.text, why);
    earlier_note(&place->record, &place->config.provider, verdict, &reason);
}

static enum verdict shared(struct place *place) {
    place->reason = (struct reason){""};
    return earlier_share(&place->record, &place->config, &place->reason);
}

static bool grace(struct place *place) {
    int64_t until = 0;
    bool in = earlier_grace(&place->record, &place->config, &until);
    assert_int_equal(until,
                     in ? place->record.last_granted + place->config.login.offline_grace : 0);
    return in;
}

/* As if the moment had been `seconds` earlier. */
static void age(struct record_moment *moment, int64_t seconds) {
    moment->ms -= seconds * 1000;
}

static void as_in_another_boot(struct record_moment *moment) {
    moment->boot[0] = moment->boot[0] == '0' ? '1' : '0';
}

static void nothing_is_shared_at_first(void **state) {
    struct place *place = *state;
    assert_int_equal(shared(place), VERDICT_NONE);
    assert_false(grace(place));
}

static void a_yes_is_shared_for_reuse_within(void **state) {
    struct place *place = *state;
    note(place, VERDICT_GRANTED, "");
    assert_int_equal(shared(place), VERDICT_GRANTED);
    age(&place->record.judged, 25);
    assert_int_equal(shared(place), VERDICT_GRANTED);
    age(&place->record.judged, 5);
    assert_int_equal(shared(place), VERDICT_NONE);
}

static void a_no_is_shared_with_its_reason(void **state) {
    struct place *place = *state;
    static const enum verdict noes[] = {VERDICT_DENIED, VERDICT_REAUTHORIZE};
    for (size_t i = 0; i < COUNT(noes); i++) {
        note(place, noes[i], dead.text);
        assert_int_equal(shared(place), noes[i]);
        assert_string_equal(place->reason.text, dead.text);
        age(&place->record.judged, 30);
        assert_int_equal(shared(place), VERDICT_NONE);
    }
}

/* What was escaped when it came is not escaped once more each time it is shared. */
static void a_reason_is_shared_word_for_word(void **state) {
    struct place *place = *state;
    struct reason escaped;
    reason_set(&escaped, 0, "access_denied: caf\xc3\xa9");
    note(place, VERDICT_DENIED, escaped.text);
    assert_int_equal(shared(place), VERDICT_DENIED);
    assert_string_equal(place->reason.text, escaped.text);
    note(place, VERDICT_UNREACHABLE, escaped.text);
    assert_int_equal(shared(place), VERDICT_UNREACHABLE);
    assert_string_equal(place->reason.text, escaped.text);
}

static void without_reuse_every_login_asks(void **state) {
    struct place *place = *state;
    place->config.login.reuse_within = 0;
    place->config.login.offline_timeout = 0;
    note(place, VERDICT_GRANTED, "");
    assert_int_equal(shared(place), VERDICT_NONE);
    note(place, VERDICT_DENIED, dead.text);
    assert_int_equal(shared(place), VERDICT_NONE);
    note(place, VERDICT_UNREACHABLE, "timeout");
    assert_int_equal(shared(place), VERDICT_NONE);
}

static void an_expired_token_is_not_shared(void **state) {
    struct place *place = *state;
    note(place, VERDICT_GRANTED, "");
    place->record.grant.expires = moment_wall() - 1;
    assert_int_equal(shared(place), VERDICT_NONE);
    place->record.grant.expires = 0;
    assert_int_equal(shared(place), VERDICT_NONE);
}

static void another_boot_shares_nothing(void **state) {
    struct place *place = *state;
    note(place, VERDICT_GRANTED, "");
    as_in_another_boot(&place->record.judged);
    assert_int_equal(shared(place), VERDICT_NONE);
    note(place, VERDICT_UNREACHABLE, "timeout");
    as_in_another_boot(&place->record.unreachable);
    assert_int_equal(shared(place), VERDICT_NONE);
    note(place, VERDICT_MISCONFIGURED, "invalid_client");
    as_in_another_boot(&place->record.misconfigured);
    assert_int_equal(shared(place), VERDICT_NONE);
}

static void a_boot_clock_that_went_back_shares_nothing(void **state) {
    struct place *place = *state;
    note(place, VERDICT_GRANTED, "");
    age(&place->record.judged, -60);
    assert_int_equal(shared(place), VERDICT_NONE);
    note(place, VERDICT_UNREACHABLE, "timeout");
    age(&place->record.unreachable, -60);
    assert_int_equal(shared(place), VERDICT_NONE);
}

static void unreachable_is_shared_for_offline_timeout(void **state) {
    struct place *place = *state;
    place->config.login.reuse_within = 0;
    note(place, VERDICT_UNREACHABLE, "connect: timed out");
    assert_int_equal(shared(place), VERDICT_UNREACHABLE);
    assert_string_equal(place->reason.text, "connect: timed out");
    age(&place->record.unreachable, 25);
    assert_int_equal(shared(place), VERDICT_UNREACHABLE);
    age(&place->record.unreachable, 5);
    assert_int_equal(shared(place), VERDICT_NONE);
}

static void unreachable_is_over_when_the_provider_answers(void **state) {
    struct place *place = *state;
    note(place, VERDICT_UNREACHABLE, "timeout");
    note(place, VERDICT_GRANTED, "");
    assert_int_equal(shared(place), VERDICT_GRANTED);
    note(place, VERDICT_UNREACHABLE, "timeout");
    note(place, VERDICT_MISCONFIGURED, "invalid_client");
    assert_int_equal(shared(place), VERDICT_MISCONFIGURED);
}

static void a_wrong_secret_is_not_tried_again_for_one_to_five_minutes(void **state) {
    struct place *place = *state;
    static const int64_t seconds[] = {60, 120, 240, 300, 300, 300};
    for (size_t i = 0; i < COUNT(seconds); i++) {
        SCOPED_TEXT char *said =
            unit_text("invalid_client (not asked again for %lld s", (long long) seconds[i]);
        note(place, VERDICT_MISCONFIGURED, "invalid_client");
        assert_int_equal(shared(place), VERDICT_MISCONFIGURED);
        assert_has(place->reason.text, said);
        age(&place->record.misconfigured, seconds[i] - 5);
        assert_int_equal(shared(place), VERDICT_MISCONFIGURED);
        age(&place->record.misconfigured, 5);
        assert_int_equal(shared(place), VERDICT_NONE);
    }
}

static void change_secret(struct provider_config *provider) {
    assert_int_equal(secret_set(&provider->client_secret, "s3creT", 6, 100), 0);
}

static void change_client_id(struct provider_config *provider) {
    provider->client_id = "bastion2";
}

static void change_client_auth(struct provider_config *provider) {
    provider->client_auth = CLIENT_AUTH_POST;
}

static void change_issuer(struct provider_config *provider) {
    provider->issuer = "https://idp2";
}

static void change_token_endpoint(struct provider_config *provider) {
    provider->token_endpoint = "https://idp2/token";
}

static void change_ca_file(struct provider_config *provider) {
    provider->ca_file = "/etc/ssl/corp.pem";
}

static void change_proxy(struct provider_config *provider) {
    provider->proxy = "http://proxy:3128";
}

static void a_changed_client_is_tried_at_once(void **state) {
    struct place *place = *state;
    static void (*const changes[])(struct provider_config * provider) = {
        change_secret,         change_client_id, change_client_auth, change_issuer,
        change_token_endpoint, change_ca_file,   change_proxy};
    for (size_t i = 0; i < COUNT(changes); i++) {
        note(place, VERDICT_MISCONFIGURED, "invalid_client");
        note(place, VERDICT_MISCONFIGURED, "invalid_client");
        assert_int_equal(shared(place), VERDICT_MISCONFIGURED);
        changes[i](&place->config.provider);
        assert_int_equal(shared(place), VERDICT_NONE);
        note(place, VERDICT_MISCONFIGURED, "invalid_client");
        assert_int_equal(shared(place), VERDICT_MISCONFIGURED);
        assert_has(place->reason.text, "for 60 s"); /* a first failure again */
    }
}

/* A demand that is new was not met by any answer before it. */
static void a_new_demand_is_put_to_the_provider_at_once(void **state) {
    struct place *place = *state;
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
        note(place, VERDICT_GRANTED, "");
        assert_int_equal(shared(place), VERDICT_GRANTED);
        assert_true(grace(place));
        if (i < COUNT(demands))
            *(const char **) ((char *) &place->config.provider + demands[i]) = "new";
        else
            place->config.provider.require = REQUIRE_USERINFO;
        assert_int_equal(shared(place), VERDICT_NONE);
        assert_false(grace(place));
    }
}

static void a_no_leaves_the_time_of_the_last_yes(void **state) {
    struct place *place = *state;
    note(place, VERDICT_GRANTED, "");
    place->record.last_granted -= 60;
    int64_t granted = place->record.last_granted;
    note(place, VERDICT_DENIED, "access_denied");
    assert_int_equal(place->record.last_granted, granted);
}

/* Else issuer "a", client "bc" would be issuer "ab", client "c". */
static void parts_of_a_client_do_not_run_into_each_other(void **state) {
    struct place *place = *state;
    note(place, VERDICT_MISCONFIGURED, "invalid_client");
    place->config.provider.issuer = "https://idpb";
    place->config.provider.client_id = "astion";
    assert_int_equal(shared(place), VERDICT_NONE);
}

static void a_client_that_works_again_is_forgiven(void **state) {
    struct place *place = *state;
    note(place, VERDICT_MISCONFIGURED, "invalid_client");
    note(place, VERDICT_MISCONFIGURED, "invalid_client");
    note(place, VERDICT_REAUTHORIZE, dead.text);
    assert_int_equal(shared(place), VERDICT_REAUTHORIZE);
    note(place, VERDICT_MISCONFIGURED, "invalid_client");
    assert_int_equal(shared(place), VERDICT_MISCONFIGURED);
    assert_has(place->reason.text, "for 60 s");
}

static void a_client_that_was_seen_to_work_is_tried_at_once(void **state) {
    struct place *place = *state;
    assert_false(earlier_forgive(&place->record));
    note(place, VERDICT_MISCONFIGURED, "invalid_client");
    assert_true(earlier_forgive(&place->record));
    assert_int_equal(shared(place), VERDICT_NONE);
    assert_false(earlier_forgive(&place->record));
    note(place, VERDICT_MISCONFIGURED, "invalid_client");
    assert_int_equal(shared(place), VERDICT_MISCONFIGURED);
    assert_has(place->reason.text, "for 60 s"); /* a first failure again */
}

static void a_clients_failure_says_nothing_about_the_account(void **state) {
    struct place *place = *state;
    note(place, VERDICT_GRANTED, "");
    note(place, VERDICT_MISCONFIGURED, "invalid_client");
    note(place, VERDICT_UNREACHABLE, "timeout");
    assert_int_equal(place->record.last_verdict, VERDICT_GRANTED);
    assert_true(grace(place));
}

static void grace_lasts_as_long_as_configured(void **state) {
    struct place *place = *state;
    place->config.login.offline_grace = 3600;
    note(place, VERDICT_GRANTED, "");
    assert_true(grace(place));
    place->record.last_granted -= 3595;
    assert_true(grace(place));
    place->record.last_granted -= 5;
    assert_false(grace(place));
    note(place, VERDICT_GRANTED, "");
    place->config.login.offline_grace = 0;
    assert_false(grace(place));
}

static void grace_never_overrides_a_no(void **state) {
    struct place *place = *state;
    static const enum verdict noes[] = {VERDICT_DENIED, VERDICT_REAUTHORIZE};
    for (size_t i = 0; i < COUNT(noes); i++) {
        note(place, VERDICT_GRANTED, "");
        assert_true(grace(place));
        note(place, noes[i], dead.text);
        assert_false(grace(place));
        note(place, VERDICT_UNREACHABLE, "timeout");
        assert_false(grace(place));
    }
}

static void a_wall_clock_set_back_ends_the_grace(void **state) {
    struct place *place = *state;
    note(place, VERDICT_GRANTED, "");
    place->record.last_granted += 60;
    assert_false(grace(place));
}

static void the_boot_clock_ends_the_grace_though_the_wall_clock_was_set_back(void **state) {
    struct place *place = *state;
    place->config.login.offline_grace = 3600;
    note(place, VERDICT_GRANTED, "");
    age(&place->record.judged, 3595);
    assert_true(grace(place));
    age(&place->record.judged, 5);
    assert_false(grace(place));
    as_in_another_boot(&place->record.judged); /* which says nothing about this one */
    assert_true(grace(place));
    age(&place->record.judged, -86400);
    assert_true(grace(place));
}

static void a_boot_clock_that_went_back_ends_the_grace(void **state) {
    struct place *place = *state;
    note(place, VERDICT_GRANTED, "");
    age(&place->record.judged, -60);
    assert_false(grace(place));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_shared_at_first),
        TEST(a_yes_is_shared_for_reuse_within),
        TEST(a_no_is_shared_with_its_reason),
        TEST(a_reason_is_shared_word_for_word),
        TEST(without_reuse_every_login_asks),
        TEST(an_expired_token_is_not_shared),
        TEST(another_boot_shares_nothing),
        TEST(a_boot_clock_that_went_back_shares_nothing),
        TEST(unreachable_is_shared_for_offline_timeout),
        TEST(unreachable_is_over_when_the_provider_answers),
        TEST(a_wrong_secret_is_not_tried_again_for_one_to_five_minutes),
        TEST(a_changed_client_is_tried_at_once),
        TEST(a_new_demand_is_put_to_the_provider_at_once),
        TEST(a_no_leaves_the_time_of_the_last_yes),
        TEST(parts_of_a_client_do_not_run_into_each_other),
        TEST(a_client_that_works_again_is_forgiven),
        TEST(a_client_that_was_seen_to_work_is_tried_at_once),
        TEST(a_clients_failure_says_nothing_about_the_account),
        TEST(grace_lasts_as_long_as_configured),
        TEST(grace_never_overrides_a_no),
        TEST(a_wall_clock_set_back_ends_the_grace),
        TEST(the_boot_clock_ends_the_grace_though_the_wall_clock_was_set_back),
        TEST(a_boot_clock_that_went_back_ends_the_grace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
