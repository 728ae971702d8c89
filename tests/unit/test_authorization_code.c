/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_authorization_code.c - authorization_code.c: the authorization request, and the verdict of
 * its response.
 */
#include "unit.h"

#include "authorization_code.h"
#include "seal.h"

#define ENDPOINT "https://login.example/authorize"

static struct provider_config provider_of(const char *issuer) {
    return (struct provider_config){.name = "corp",
                                    .issuer = issuer,
                                    .client_id = "my client",
                                    .scope = "openid offline_access",
                                    .auth_params = "prompt=consent a=b=c"};
}

static enum outcome begin(const char *url, struct authorization_code *ret, struct reason *reason) {
    struct provider_config provider = provider_of("https://login.example");
    return authorization_code_begin(&provider, url, 4711, ret, reason);
}

static void the_address_is_an_authorization_request_with_pkce(void **state) {
    (void)state;
    SCOPED_AUTHORIZATION_CODE struct authorization_code browser = {.nonce = ""};
    struct reason reason = {""};
    assert_int_equal(begin(ENDPOINT, &browser, &reason), OUTCOME_ANSWERED);
    const char *address = browser.prompt.address;
    const char *challenge = strstr(address, "&code_challenge=");
    assert_non_null(challenge);
    SCOPED_TEXT char *expected = unit_text(
        ENDPOINT
        "?response_type=code&client_id=my%%20client"
        "&redirect_uri=http%%3A%%2F%%2F127.0.0.1%%3A4711%%2F&scope=openid%%20offline_access"
        "&state=%s&nonce=%s&code_challenge=%.43s&code_challenge_method=S256"
        "&prompt=consent&a=b%%3Dc",
        secret_text(&browser.state), browser.nonce, challenge + strlen("&code_challenge="));
    assert_string_equal(address, expected);
    assert_string_equal(browser.redirect_uri, "http://127.0.0.1:4711/");
    assert_int_equal(browser.prompt.port, 4711);
    assert_int_equal(browser.prompt.seconds, BROWSER_LIFE);
    assert_null(strstr(address, secret_text(&browser.verifier)));
}

static void state_verifier_and_nonce_have_43_characters_and_differ(void **state) {
    (void)state;
    struct reason reason = {""};
    for (int i = 0; i < 50; i++) {
        SCOPED_AUTHORIZATION_CODE struct authorization_code one = {.nonce = ""};
        SCOPED_AUTHORIZATION_CODE struct authorization_code other = {.nonce = ""};
        assert_int_equal(begin(ENDPOINT, &one, &reason), OUTCOME_ANSWERED);
        assert_int_equal(begin(ENDPOINT, &other, &reason), OUTCOME_ANSWERED);
        static const char plain[] =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        const char *texts[] = {secret_text(&one.state), secret_text(&one.verifier), one.nonce};
        for (size_t k = 0; k < COUNT(texts); k++) {
            assert_int_equal(strlen(texts[k]), 43);
            assert_int_equal(strspn(texts[k], plain), 43);
        }
        assert_false(secret_equal(&one.state, &other.state));
        assert_false(secret_equal(&one.verifier, &other.verifier));
        assert_false(secret_equal(&one.state, &one.verifier));
        assert_string_not_equal(one.nonce, other.nonce);
    }
}

static void an_endpoint_keeps_its_query(void **state) {
    (void)state;
    SCOPED_AUTHORIZATION_CODE struct authorization_code browser = {.nonce = ""};
    struct reason reason = {""};
    assert_int_equal(begin(ENDPOINT "?tenant=7", &browser, &reason), OUTCOME_ANSWERED);
    assert_non_null(
        strstr(browser.prompt.address, ENDPOINT "?tenant=7&response_type=code&client_id="));
}

static void an_address_that_a_terminal_or_shell_would_act_on_is_refused(void **state) {
    (void)state;
    static const char *const urls[] = {
        "http://login.example/",     "https://x/#fragment", "https://x/ y",  "https://x/\x1b[2J",
        "https://x/$(id)",           "https://x/`id`",      "https://x/;id", "https://x/'",
        "https://x/\xc3\xa9",        "https://x/\"",        "-version",      "javascript:alert(1)",
        "https://x/a\nhttps://evil",
    };
    for (size_t i = 0; i < COUNT(urls); i++) {
        SCOPED_AUTHORIZATION_CODE struct authorization_code browser = {.nonce = ""};
        struct reason reason = {""};
        assert_int_equal(begin(urls[i], &browser, &reason), OUTCOME_WRONG_SETTING);
        assert_has(reason.text, "authorization_endpoint");
    }
}

static void an_address_that_is_too_long_is_refused_and_not_cut(void **state) {
    (void)state;
    SCOPED_TEXT char *url = unit_text("https://x/%0990d", 0);
    SCOPED_AUTHORIZATION_CODE struct authorization_code browser = {.nonce = ""};
    struct reason reason = {""};
    assert_int_equal(begin(url, &browser, &reason), OUTCOME_WRONG_SETTING);
    assert_has(reason.text, "over 1000 bytes");
}

static enum outcome judge(const char *issuer, bool named, const char *iss, const char *error,
                          struct reason *reason) {
    SCOPED_AUTHORIZATION_RESPONSE struct authorization_response redirect = {.state =
                                                                                unit_secret("s")};
    struct provider_config provider = provider_of(issuer);
    if (iss)
        redirect.issuer = unit_secret(iss);
    if (error)
        redirect.error = unit_secret(error);
    else
        redirect.code = unit_secret("c");
    return authorization_code_judge(&provider, named, &redirect, reason);
}

static void a_response_must_come_from_the_issuer_that_was_asked(void **state) {
    (void)state;
    struct reason reason = {""};
    assert_int_equal(judge("https://a", false, NULL, NULL, &reason), OUTCOME_ANSWERED);
    assert_int_equal(judge("https://a", true, "https://a", NULL, &reason), OUTCOME_ANSWERED);
    assert_int_equal(judge("https://a", false, "https://a", NULL, &reason), OUTCOME_ANSWERED);
    assert_int_equal(judge("", false, "https://a", NULL, &reason), OUTCOME_ANSWERED);
    assert_int_equal(judge("https://a", true, NULL, NULL, &reason), OUTCOME_DENIED);
    assert_has(reason.text, "without iss");
    static const char *const others[] = {"https://b", "https://a/", "https://A", "a"};
    for (size_t i = 0; i < COUNT(others); i++)
        for (int named = 0; named < 2; named++) {
            assert_int_equal(judge("https://a", named, others[i], NULL, &reason), OUTCOME_DENIED);
            assert_has(reason.text, "another issuer");
            assert_int_equal(judge("https://a", named, others[i], "server_error", &reason),
                             OUTCOME_DENIED);
        }
}

static void an_error_response_becomes_a_verdict(void **state) {
    (void)state;
    static const struct {
        const char *error;
        enum outcome outcome;
    } cases[] = {
        {"access_denied", OUTCOME_DENIED},
        {"login_required", OUTCOME_GRANT_DEAD},
        {"invalid_request", OUTCOME_CLIENT_REFUSED},
        {"unauthorized_client", OUTCOME_CLIENT_REFUSED},
        {"unsupported_response_type", OUTCOME_CLIENT_REFUSED},
        {"server_error", OUTCOME_UNAVAILABLE},
        {"temporarily_unavailable", OUTCOME_UNAVAILABLE},
        {"never_heard_of", OUTCOME_DENIED},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct reason reason = {""};
        assert_int_equal(judge("https://a", false, NULL, cases[i].error, &reason),
                         cases[i].outcome);
        assert_has(reason.text, cases[i].error);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_address_is_an_authorization_request_with_pkce),
        cmocka_unit_test(state_verifier_and_nonce_have_43_characters_and_differ),
        cmocka_unit_test(an_endpoint_keeps_its_query),
        cmocka_unit_test(an_address_that_a_terminal_or_shell_would_act_on_is_refused),
        cmocka_unit_test(an_address_that_is_too_long_is_refused_and_not_cut),
        cmocka_unit_test(a_response_must_come_from_the_issuer_that_was_asked),
        cmocka_unit_test(an_error_response_becomes_a_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
