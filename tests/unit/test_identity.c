/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_identity.c - identity.c: an account matches by its exact whole name, or not at all.
 */
#include "unit.h"

#include "identity.h"
#include "provider.h"
#include "text.h"

/* The configuration of a provider "corp". Maps alice to subject 1001 in [accounts], or, if
 * `by_claim`, has username_claim = email. */
struct fixture {
    char sections[3][16];
    char keys[3][8];
    char values[3][8];
    struct setting list[3];
    struct config config;
    struct account account;
    struct reason reason;
    char subject[RECORD_SUBJECT_SIZE];
};

static void set_up(struct fixture *fixture, bool by_claim) {
    *fixture = (struct fixture){
        .sections = {"accounts corp", "accounts other", "accounts corp"},
        .keys = {"alice", "carol", "bob"},
        .values = {"1001", "1003", "1002"},
        .account = {.name = "alice", .uid = 1001},
    };
    for (size_t i = 0; i < COUNT(fixture->list); i++)
        fixture->list[i] = (struct setting){
            .section = fixture->sections[i], .key = fixture->keys[i], .value = fixture->values[i]};
    fixture->config.settings.list = fixture->list;
    fixture->config.settings.count = by_claim ? 0 : COUNT(fixture->list);
    fixture->config.provider = (struct provider_config){.name = "corp",
                                                        .issuer = "https://idp",
                                                        .token_endpoint = "",
                                                        .username_claim = "",
                                                        .username_suffix = ""};
    if (by_claim)
        fixture->config.provider.username_claim = "email";
}

static void rename_account(struct fixture *fixture, const char *name) {
    assert_true(text_copy(fixture->account.name, sizeof fixture->account.name, name));
}

static enum verdict match(struct fixture *fixture, const char *text) {
    SCOPED_SECRET struct secret body = unit_secret(text);
    SCOPED_JSON struct json_object *claims = json_parse_strict(&body);
    assert_non_null(claims);
    fixture->reason.text[0] = '\0';
    return identity_match(&fixture->config, &fixture->account, claims, "sub", fixture->subject,
                          &fixture->reason);
}

static void assert_denied(struct fixture *fixture, const char *claims, const char *said) {
    if (match(fixture, claims) != VERDICT_DENIED)
        fail_msg("%s is not denied to %s", claims, fixture->account.name);
    assert_has(fixture->reason.text, said);
}

static void assert_granted(struct fixture *fixture, const char *claims, const char *subject) {
    if (match(fixture, claims) != VERDICT_NONE)
        fail_msg("%s: %s", claims, fixture->reason.text);
    assert_string_equal(fixture->subject, subject);
}

static void the_mapped_subject_is_the_account(void **state) {
    (void)state;
    struct fixture fixture;
    set_up(&fixture, false);
    assert_granted(&fixture, "{\"sub\":\"1001\"}", "1001");
    assert_granted(&fixture, "{\"sub\":\"1001\",\"email\":\"mallory\"}", "1001");
    rename_account(&fixture, "bob");
    assert_granted(&fixture, "{\"sub\":\"1002\"}", "1002");
}

static void another_subject_is_denied(void **state) {
    (void)state;
    static const char *const subjects[] = {"1002",  "100",     "10011",       "1001 ",
                                           " 1001", "1001\\n", "1001\\n1002", "01001"};
    struct fixture fixture;
    set_up(&fixture, false);
    for (size_t i = 0; i < COUNT(subjects); i++) {
        SCOPED_TEXT char *claims = unit_text("{\"sub\":\"%s\"}", subjects[i]);
        assert_denied(&fixture, claims, "[accounts corp] has alice = 1001");
    }
}

static void claims_without_a_usable_subject_are_denied(void **state) {
    (void)state;
    struct fixture fixture;
    SCOPED_SECRET struct secret fits = unit_filled('s', 255), longer = unit_filled('s', 256);
    static const char *const claims[] = {"{}",
                                         "{\"sub\":\"\"}",
                                         "{\"sub\":null}",
                                         "{\"sub\":1001}",
                                         "{\"sub\":[\"1001\"]}",
                                         "{\"sub\":\"1001\\u0000\"}",
                                         "{\"Sub\":\"1001\"}",
                                         "{\"a\":{\"sub\":\"1001\"}}"};
    set_up(&fixture, false);
    for (size_t i = 0; i < COUNT(claims); i++)
        assert_denied(&fixture, claims[i], "no sub");
    set_up(&fixture, true);
    SCOPED_TEXT char *longest =
        unit_text("{\"sub\":\"%s\",\"email\":\"alice\"}", secret_text(&fits));
    SCOPED_TEXT char *too_long =
        unit_text("{\"sub\":\"%s\",\"email\":\"alice\"}", secret_text(&longer));
    assert_granted(&fixture, longest, secret_text(&fits));
    assert_denied(&fixture, too_long, "1 to 255 bytes");
}

static void an_account_without_a_mapping_is_denied(void **state) {
    (void)state;
    struct fixture fixture;
    set_up(&fixture, false);
    rename_account(&fixture, "carol"); /* mapped for another provider */
    assert_denied(&fixture, "{\"sub\":\"1003\",\"email\":\"carol\"}", "has no entry for carol");
    rename_account(&fixture, "Alice");
    assert_denied(&fixture, "{\"sub\":\"1001\",\"email\":\"Alice\"}", "has no entry for Alice");
}

static void a_mapping_overrides_the_username_claim(void **state) {
    (void)state;
    struct fixture fixture;
    set_up(&fixture, false);
    fixture.config.provider.username_claim = "email";
    assert_denied(&fixture, "{\"sub\":\"666\",\"email\":\"alice\"}", "has alice = 1001");
    assert_granted(&fixture, "{\"sub\":\"1001\",\"email\":\"mallory\"}", "1001");
    rename_account(&fixture, "dave");
    assert_granted(&fixture, "{\"sub\":\"4\",\"email\":\"dave\"}", "4");
    assert_denied(&fixture, "{\"sub\":\"4\",\"email\":\"alice\"}", "not to account dave");
}

/* Matches with `name` as the claim, which must be escaped for JSON already. */
static void assert_name(struct fixture *fixture, const char *name, bool expected) {
    SCOPED_TEXT char *claims = unit_text("{\"sub\":\"7\",\"email\":\"%s\"}", name);
    enum verdict verdict = match(fixture, claims);
    if (verdict != (expected ? VERDICT_NONE : VERDICT_DENIED))
        fail_msg("'%s' with suffixes '%s' is %s for alice: %s", name,
                 fixture->config.provider.username_suffix, verdict_name(verdict),
                 fixture->reason.text);
}

static void a_username_claim_must_be_the_whole_account_name(void **state) {
    (void)state;
    static const char *const others[] = {"",
                                         "alic",
                                         "alice1",
                                         "alicea",
                                         "Alice",
                                         "ALICE",
                                         " alice",
                                         "alice ",
                                         "alice\\n",
                                         "alice\\nroot",
                                         "\\nalice",
                                         "root\\nalice",
                                         "alice\\r",
                                         "alice\\u0000",
                                         "alice\\t",
                                         "alice@example.com",
                                         "@example.com",
                                         "al ice",
                                         "alic\\u0435",
                                         "\\u0430lice",
                                         "bob"};
    struct fixture fixture;
    set_up(&fixture, true);
    assert_name(&fixture, "alice", true);
    assert_name(&fixture, "\\u0061lice", true); /* the same text, escaped */
    for (size_t i = 0; i < COUNT(others); i++)
        assert_name(&fixture, others[i], false);
}

static void with_suffixes_a_username_claim_must_end_in_one_of_them(void **state) {
    (void)state;
    static const char *const others[] = {"alice",
                                         "alice@",
                                         "alice@example",
                                         "alice@example.co",
                                         "alice@example.com.evil.org",
                                         "alice@example.comx",
                                         "alice@EXAMPLE.com",
                                         "alice@evil.org",
                                         "alice@example.net",
                                         "alice@example.com@example.com",
                                         "alicex@example.com",
                                         "xalice@example.com",
                                         "alice@example.com ",
                                         "alice@example.com\\n",
                                         "alice @example.com",
                                         "alice,@example.com",
                                         "alice@example.com @example.org",
                                         "alice@example.com,@example.org",
                                         "alic@example.com",
                                         "Alice@example.com",
                                         "example.com",
                                         "@example.com",
                                         "alice.@example.com"};
    struct fixture fixture;
    set_up(&fixture, true);
    fixture.config.provider.username_suffix = "@example.com @example.org";
    assert_name(&fixture, "alice@example.com", true);
    assert_name(&fixture, "alice@example.org", true);
    for (size_t i = 0; i < COUNT(others); i++)
        assert_name(&fixture, others[i], false);
}

static void an_absent_or_non_text_username_claim_is_denied(void **state) {
    (void)state;
    static const char *const claims[] = {"{\"sub\":\"7\"}",
                                         "{\"sub\":\"7\",\"email\":null}",
                                         "{\"sub\":\"7\",\"email\":[\"alice\"]}",
                                         "{\"sub\":\"7\",\"email\":{\"x\":\"alice\"}}",
                                         "{\"sub\":\"7\",\"email\":true}",
                                         "{\"sub\":\"7\",\"Email\":\"alice\"}",
                                         "{\"sub\":\"alice\"}"};
    struct fixture fixture;
    set_up(&fixture, true);
    for (size_t i = 0; i < COUNT(claims); i++)
        assert_denied(&fixture, claims[i], "no text at username_claim = email");
    fixture.config.provider.username_claim = "user.login";
    assert_granted(&fixture, "{\"sub\":\"7\",\"user\":{\"login\":\"alice\"}}", "7");
    assert_denied(&fixture, "{\"sub\":\"7\",\"user.login\":\"alice\"}", "user.login");
}

static void without_userinfo_only_a_mapping_identifies_the_account(void **state) {
    (void)state;
    struct fixture fixture;
    set_up(&fixture, false);
    assert_int_equal(identity_match_configured(&fixture.config, &fixture.account, fixture.subject,
                                               &fixture.reason),
                     VERDICT_NONE);
    assert_string_equal(fixture.subject, "1001");
    set_up(&fixture, true);
    assert_int_equal(identity_match_configured(&fixture.config, &fixture.account, fixture.subject,
                                               &fixture.reason),
                     VERDICT_DENIED);
    assert_has(fixture.reason.text, "no entry for alice");
}

static enum verdict check_pin(struct fixture *fixture, const char *issuer, const char *subject) {
    static struct record record;
    snprintf(record.issuer, sizeof record.issuer, "%s", issuer);
    snprintf(record.subject, sizeof record.subject, "%s", subject);
    fixture->reason.text[0] = '\0';
    return identity_check_pin(&fixture->config, &fixture->account, &record, &fixture->reason);
}

static void the_pinned_identity_must_match_the_configuration(void **state) {
    (void)state;
    static const char *const issuers[] = {"", "https://idp/", "https://idp2", "HTTPS://idp",
                                          "https://id"};
    struct fixture fixture;
    set_up(&fixture, false);
    assert_int_equal(check_pin(&fixture, "https://idp", "1001"), VERDICT_NONE);
    for (size_t i = 0; i < COUNT(issuers); i++) {
        assert_int_equal(check_pin(&fixture, issuers[i], "1001"), VERDICT_DENIED);
        assert_has(fixture.reason.text, "pinned to issuer");
    }
    assert_int_equal(check_pin(&fixture, "https://idp", "1002"), VERDICT_DENIED);
    assert_has(fixture.reason.text, "pinned to subject 1002, but [accounts corp] has alice = 1001");
    rename_account(&fixture, "carol");
    assert_int_equal(check_pin(&fixture, "https://idp", "1003"), VERDICT_DENIED);
    assert_has(fixture.reason.text, "no entry for carol");
    set_up(&fixture, true);
    assert_int_equal(check_pin(&fixture, "https://idp", "anything"), VERDICT_NONE);
}

static void without_an_issuer_the_token_endpoint_identifies_the_provider(void **state) {
    (void)state;
    struct fixture fixture;
    set_up(&fixture, false);
    assert_string_equal(provider_identity(&fixture.config.provider), "https://idp");
    fixture.config.provider.issuer = "";
    fixture.config.provider.token_endpoint = "https://idp/token";
    assert_string_equal(provider_identity(&fixture.config.provider), "https://idp/token");
    assert_int_equal(check_pin(&fixture, "https://idp/token", "1001"), VERDICT_NONE);
    assert_int_equal(check_pin(&fixture, "", "1001"), VERDICT_DENIED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mapped_subject_is_the_account),
        cmocka_unit_test(another_subject_is_denied),
        cmocka_unit_test(claims_without_a_usable_subject_are_denied),
        cmocka_unit_test(an_account_without_a_mapping_is_denied),
        cmocka_unit_test(a_mapping_overrides_the_username_claim),
        cmocka_unit_test(a_username_claim_must_be_the_whole_account_name),
        cmocka_unit_test(with_suffixes_a_username_claim_must_end_in_one_of_them),
        cmocka_unit_test(an_absent_or_non_text_username_claim_is_denied),
        cmocka_unit_test(without_userinfo_only_a_mapping_identifies_the_account),
        cmocka_unit_test(the_pinned_identity_must_match_the_configuration),
        cmocka_unit_test(without_an_issuer_the_token_endpoint_identifies_the_provider),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
