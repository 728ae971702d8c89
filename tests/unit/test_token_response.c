/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_token_response.c - token_response.c: the responses of providers, and the verdict of each.
 * Requests are in test_token_request.c.
 */
#include "token_response_rows.h"

static void a_token_response_renews_the_grant(void **state) {
    (void)state;
    static const struct row rows[] = {
        {200, "{" TOKENS "}", OUTCOME_ANSWERED, ""},
        {200, "{\"access_token\":\"a1\",\"token_type\":\"bearer\"}", OUTCOME_ANSWERED, ""},
        {200, "{\"access_token\":\"a1\",\"token_type\":\"BEARER\"}", OUTCOME_ANSWERED, ""},
        {200, "{" TOKENS ",\"refresh_token\":null,\"scope\":null,\"x\":{\"y\":[1]}}\n",
         OUTCOME_ANSWERED, ""},
        {201, "{" TOKENS "}", OUTCOME_ANSWERED, ""},
        {202, "{" TOKENS "}", OUTCOME_ANSWERED, ""},
        {203, "{" TOKENS "}", OUTCOME_ANSWERED, ""},
    };
    assert_rows(rows, COUNT(rows));
}

static void each_error_of_the_token_endpoint_has_its_verdict(void **state) {
    (void)state;
    static const struct row rows[] = {
        {400, ERROR("invalid_grant"), OUTCOME_GRANT_DEAD, "invalid_grant"},
        {403, ERROR("invalid_grant"), OUTCOME_GRANT_DEAD, "invalid_grant"}, /* Auth0 */
        {400, "", OUTCOME_GRANT_DEAD, "HTTP 400"},                          /* Glewlwyd */
        {400, ERROR("invalid_request"), OUTCOME_GRANT_DEAD, "invalid_request"},
        {200, ERROR("bad_refresh_token"), OUTCOME_GRANT_DEAD, "bad_refresh_token"}, /* GitHub */
        {400, ERROR("interaction_required"), OUTCOME_GRANT_DEAD, "interaction_required"},
        {400, ERROR("login_required"), OUTCOME_GRANT_DEAD, "login_required"},
        {400, ERROR("access_denied"), OUTCOME_DENIED, "access_denied"},
        {400, ERROR("invalid_scope"), OUTCOME_DENIED, "invalid_scope"},
        {401, ERROR("invalid_client"), OUTCOME_CLIENT_REFUSED, "invalid_client"},
        {400, ERROR("invalid_client"), OUTCOME_CLIENT_REFUSED, "invalid_client"},
        {400, ERROR("unauthorized_client"), OUTCOME_CLIENT_REFUSED, "unauthorized_client"},
        {400, ERROR("unsupported_grant_type"), OUTCOME_CLIENT_REFUSED, "unsupported_grant_type"},
        {200, ERROR("incorrect_client_credentials"), OUTCOME_CLIENT_REFUSED, "incorrect_client"},
        {200, ERROR("device_flow_disabled"), OUTCOME_CLIENT_REFUSED, "device_flow_disabled"},
        {401, ERROR("deleted_client"), OUTCOME_CLIENT_REFUSED, "deleted_client"},
        {400, ERROR("authorization_declined"), OUTCOME_DENIED, "authorization_declined"},
        {400, ERROR("temporarily_unavailable"), OUTCOME_UNAVAILABLE, "temporarily_unavailable"},
        {503, ERROR("temporarily_unavailable"), OUTCOME_UNAVAILABLE, "temporarily_unavailable"},
        {500, ERROR("server_error"), OUTCOME_UNAVAILABLE, "server_error"},
        {429, ERROR("slow_down"), OUTCOME_SLOW_DOWN, "slow_down"},
        {400, "{\"error\":\"interaction_required\",\"claims\":\"{}\"}", OUTCOME_GRANT_DEAD,
         "interaction_required"},
        {400, "{\"error\":\"invalid_grant\",\"claims\":\"{}\"}", OUTCOME_DENIED, "invalid_grant"},
    };
    assert_rows(rows, COUNT(rows));
}

static void an_error_is_an_error_whatever_else_the_response_has(void **state) {
    (void)state;
    static const struct row rows[] = {
        {200, ERROR("invalid_grant"), OUTCOME_GRANT_DEAD, "invalid_grant"},
        {200, "{" TOKENS ",\"error\":\"invalid_grant\"}", OUTCOME_GRANT_DEAD, "invalid_grant"},
        {200, "{" TOKENS ",\"error\":\"access_denied\"}", OUTCOME_DENIED, "access_denied"},
        {200, "{" TOKENS ",\"error\":\"\"}", OUTCOME_ANSWERED, ""},
        {200, "{" TOKENS ",\"error\":null}", OUTCOME_ANSWERED, ""},
        {200, "{" TOKENS ",\"error\":{}}", OUTCOME_DENIED, "not a string"},
        {500, ERROR("invalid_grant"), OUTCOME_GRANT_DEAD, "invalid_grant"},
    };
    assert_rows(rows, COUNT(rows));
}

static void an_unknown_error_is_denied_unless_the_status_is_a_server_error(void **state) {
    (void)state;
    static const struct row rows[] = {
        {400, ERROR("account_on_fire"), OUTCOME_DENIED, "account_on_fire"},
        {200, ERROR("account_on_fire"), OUTCOME_DENIED, "account_on_fire"},
        {400, ERROR("Invalid_Grant"), OUTCOME_DENIED, "Invalid_Grant"},
        {400, ERROR("invalid_grants"), OUTCOME_DENIED, "invalid_grants"},
        {429, ERROR("too_many"), OUTCOME_THROTTLED, "too_many"},
        {500, ERROR("oops"), OUTCOME_UNAVAILABLE, "oops"},
        {503, "{\"error\":{}}", OUTCOME_UNAVAILABLE, "not a string"},
    };
    assert_rows(rows, COUNT(rows));
}

static void an_unintelligible_response_is_unreachable_and_denies_nobody(void **state) {
    (void)state;
    static const struct row rows[] = {
        {200, "<html>Please log in to the Wi-Fi</html>", OUTCOME_MALFORMED, "captive portal"},
        {400, "<html>blocked</html>", OUTCOME_MALFORMED, "captive portal"},
        {403, "blocked by policy", OUTCOME_MALFORMED, "HTTP 403"},
        {502, "<html>Bad Gateway</html>", OUTCOME_UNAVAILABLE, "HTTP 502"},
        {200, "error=bad_refresh_token&error_description=x", OUTCOME_MALFORMED, "not one JSON"},
        {200, "", OUTCOME_MALFORMED, "empty"},
        {204, "", OUTCOME_MALFORMED, "HTTP 204, and the body is empty"},
        {401, "", OUTCOME_MALFORMED, "HTTP 401, and the body is empty"},
        {500, "", OUTCOME_UNAVAILABLE, "HTTP 500, and the body is empty"},
        {429, "{}", OUTCOME_THROTTLED, "HTTP 429, and the body is not a token response"},
        {503, "{\"message\":\"down\"}", OUTCOME_UNAVAILABLE, "HTTP 503"},
        {302, "", OUTCOME_MALFORMED, "HTTP 302"},
        {400, "{}", OUTCOME_MALFORMED, "not a token response"},
        {400, "{" TOKENS "}", OUTCOME_MALFORMED, "not a token response"},
        {201, "{}", OUTCOME_MALFORMED, "token_type is not Bearer"},
        {302, "{" TOKENS "}", OUTCOME_MALFORMED, "not a token response"},
        {500, "{" TOKENS "}", OUTCOME_UNAVAILABLE, "not a token response"},
        {200, "[]", OUTCOME_MALFORMED, "not one JSON object"},
        {200, "\"invalid_grant\"", OUTCOME_MALFORMED, "not one JSON object"},
        {200, "[{" TOKENS "}]", OUTCOME_MALFORMED, "not one JSON object"},
        {200, "{" TOKENS "}{}", OUTCOME_MALFORMED, "not one JSON object"},
        {200, "{" TOKENS, OUTCOME_MALFORMED, "not one JSON object"},
        {200, "\xef\xbb\xbf{" TOKENS "}", OUTCOME_MALFORMED, "not one JSON object"},
        {200, "{" TOKENS ",\"x\":\"\xff\"}", OUTCOME_MALFORMED, "not one JSON object"},
        {200, "{" TOKENS ",\"access_token\":\"a2\"}", OUTCOME_MALFORMED, "not one JSON object"},
        {200, "{" TOKENS ",\"error\":\"a\",\"error\":\"b\"}", OUTCOME_MALFORMED, "not one JSON"},
        {400, "{\"error\":\"invalid_grant\"", OUTCOME_MALFORMED, "not one JSON object"},
    };
    assert_rows(rows, COUNT(rows));
}

static void a_response_without_a_usable_token_is_unreachable(void **state) {
    (void)state;
#define ACCESS(value) "{\"token_type\":\"Bearer\",\"access_token\":" value "}"
#define TYPE(value) "{\"access_token\":\"a1\",\"token_type\":" value "}"
    static const struct row rows[] = {
        {200, "{}", OUTCOME_MALFORMED, "token_type is not Bearer"},
        {200, "{\"access_token\":\"a1\"}", OUTCOME_MALFORMED, "token_type is not Bearer"},
        {200, TYPE("null"), OUTCOME_MALFORMED, "token_type is not Bearer"},
        {200, TYPE("\"\""), OUTCOME_MALFORMED, "token_type is not Bearer"},
        {200, TYPE("\"DPoP\""), OUTCOME_MALFORMED, "token_type is not Bearer"},
        {200, TYPE("\"mac\""), OUTCOME_MALFORMED, "token_type is not Bearer"},
        {200, TYPE("\"Bearer \""), OUTCOME_MALFORMED, "token_type is not Bearer"},
        {200, TYPE("[\"Bearer\"]"), OUTCOME_MALFORMED, "token_type is not Bearer"},
        {200, "{\"token_type\":\"Bearer\"}", OUTCOME_MALFORMED, "access_token is missing"},
        {200, ACCESS("null"), OUTCOME_MALFORMED, "access_token is missing"},
        {200, ACCESS("\"\""), OUTCOME_MALFORMED, "access_token is missing"},
        {200, ACCESS("1"), OUTCOME_MALFORMED, "access_token is missing"},
        {200, ACCESS("{}"), OUTCOME_MALFORMED, "access_token is missing"},
        {200, ACCESS("[\"a1\"]"), OUTCOME_MALFORMED, "access_token is missing"},
        {200, ACCESS("\"a b\""), OUTCOME_MALFORMED, "malformed"},
        {200, ACCESS("\"a\\r\\nX-Evil: 1\""), OUTCOME_MALFORMED, "malformed"},
        {200, ACCESS("\"a\\u0000b\""), OUTCOME_MALFORMED, "malformed"},
        {200, ACCESS("\"a\\u0001b\""), OUTCOME_MALFORMED, "malformed"},
        {200, ACCESS("\"a\\u007f\""), OUTCOME_MALFORMED, "malformed"},
        {200, ACCESS("\"caf\xc3\xa9\""), OUTCOME_MALFORMED, "malformed"},
        {200, ACCESS("\"a\\ud800b\""), OUTCOME_MALFORMED, "malformed"},
    };
    assert_rows(rows, COUNT(rows));
}

static void a_rotated_token_is_kept_whatever_else_is_wrong(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "{" TOKENS ",\"refresh_token\":\"r2\"}",
        "{\"refresh_token\":\"r2\"}",
        "{\"refresh_token\":\"r2\",\"token_type\":\"mac\",\"access_token\":\"a1\"}",
        "{\"refresh_token\":\"r2\",\"token_type\":\"Bearer\",\"access_token\":\"\"}",
        "{\"refresh_token\":\"r2\",\"token_type\":\"Bearer\",\"access_token\":\"a b\"}",
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        SCOPED_OAUTH_RESPONSE struct oauth_response response = {0};
        judge(200, bodies[i], &response);
        assert_string_equal(secret_text(&response.refresh), "r2");
        assert_int_equal(response.outcome, i == 0 ? OUTCOME_ANSWERED : OUTCOME_MALFORMED);
    }
    static const long statuses[] = {201, 302, 400, 401, 429, 500, 503};
    for (size_t i = 0; i < COUNT(statuses); i++) {
        SCOPED_OAUTH_RESPONSE struct oauth_response response = {0};
        judge(statuses[i], bodies[1], &response);
        assert_string_equal(secret_text(&response.refresh), "r2");
        assert_int_not_equal(response.outcome, OUTCOME_ANSWERED);
    }
    SCOPED_OAUTH_RESPONSE struct oauth_response failed = {0};
    judge(200, "{\"refresh_token\":\"r2\",\"error\":\"server_error\"}", &failed);
    assert_string_equal(secret_text(&failed.refresh), "r2");
    assert_int_equal(failed.outcome, OUTCOME_UNAVAILABLE);
}

static void an_absent_refresh_token_keeps_the_old_one_and_a_malformed_one_is_unreachable(
    void **state) {
    (void)state;
    static const char *const broken[] = {"\"\"", "1",       "{}",        "[\"r2\"]",
                                         "true", "\"r 2\"", "\"r\\n2\"", "\"r\\u00002\""};
    static const char *const absent[] = {"{" TOKENS "}", "{" TOKENS ",\"refresh_token\":null}"};
    for (size_t i = 0; i < COUNT(absent); i++) {
        SCOPED_OAUTH_RESPONSE struct oauth_response response = {0};
        judge(200, absent[i], &response);
        assert_int_equal(response.outcome, OUTCOME_ANSWERED);
        assert_int_equal(response.refresh.length, 0);
    }
    for (size_t i = 0; i < COUNT(broken); i++) {
        SCOPED_TEXT char *body = unit_text("{" TOKENS ",\"refresh_token\":%s}", broken[i]);
        struct row row = {200, body, OUTCOME_MALFORMED, "refresh_token is malformed"};
        assert_row(&row);
    }
}

static void a_token_of_40_kib_is_refused_and_the_longest_allowed_is_not(void **state) {
    (void)state;
    static const struct {
        size_t size;
        enum outcome outcome;
    } rows[] = {{PROTOCOL_TOKEN_MAX, OUTCOME_ANSWERED},
                {PROTOCOL_TOKEN_MAX + 1, OUTCOME_MALFORMED},
                {40 * 1024, OUTCOME_MALFORMED}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED_SECRET struct secret token = unit_filled('t', rows[i].size);
        SCOPED_TEXT char *access =
            unit_text("{\"token_type\":\"Bearer\",\"access_token\":\"%s\"}", secret_text(&token));
        SCOPED_TEXT char *refresh =
            unit_text("{" TOKENS ",\"refresh_token\":\"%s\"}", secret_text(&token));
        SCOPED_OAUTH_RESPONSE struct oauth_response a = {0}, b = {0};
        judge(200, access, &a);
        judge(200, refresh, &b);
        assert_int_equal(a.outcome, rows[i].outcome);
        assert_int_equal(b.outcome, rows[i].outcome);
        assert_null(strstr(a.reason.text, "ttt"));
        assert_null(strstr(b.reason.text, "ttt"));
    }
}

static void expires_in_is_read_by_one_rule(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t seconds;
    } rows[] = {
        {"300", 300},
        {"1", 1},
        {"299.9", 299},
        {"3e2", 300},
        {"\"300\"", 300},
        {"\"299.9\"", 299},
        {"31536000", OAUTH_LIFE_MAX},
        {"31536001", OAUTH_LIFE_MAX},
        {"9223372036854775807", OAUTH_LIFE_MAX},
        {"99999999999999999999999", OAUTH_LIFE_MAX},
        {"1e300", OAUTH_LIFE_MAX},
        {"\"99999999999999999999\"", OAUTH_LIFE_MAX},
        {"0", OAUTH_LIFE_UNKNOWN},
        {"-1", OAUTH_LIFE_UNKNOWN},
        {"0.9", OAUTH_LIFE_UNKNOWN},
        {"-9223372036854775808", OAUTH_LIFE_UNKNOWN},
        {"-1e300", OAUTH_LIFE_UNKNOWN},
        {"null", OAUTH_LIFE_UNKNOWN},
        {"true", OAUTH_LIFE_UNKNOWN},
        {"[300]", OAUTH_LIFE_UNKNOWN},
        {"{}", OAUTH_LIFE_UNKNOWN},
        {"\"\"", OAUTH_LIFE_UNKNOWN},
        {"\"0\"", OAUTH_LIFE_UNKNOWN},
        {"\"-300\"", OAUTH_LIFE_UNKNOWN},
        {"\"+300\"", OAUTH_LIFE_UNKNOWN},
        {"\" 300\"", OAUTH_LIFE_UNKNOWN},
        {"\"300s\"", OAUTH_LIFE_UNKNOWN},
        {"\"0x12c\"", OAUTH_LIFE_UNKNOWN},
        {"\"soon\"", OAUTH_LIFE_UNKNOWN},
        {"\"inf\"", OAUTH_LIFE_UNKNOWN},
        {"\"nan\"", OAUTH_LIFE_UNKNOWN},
        {"\"3e2\"", OAUTH_LIFE_UNKNOWN},
        {"\".\"", OAUTH_LIFE_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED_OAUTH_RESPONSE struct oauth_response response = {0};
        SCOPED_TEXT char *body = unit_text("{" TOKENS ",\"expires_in\":%s}", rows[i].text);
        judge(200, body, &response);
        if (response.outcome != OUTCOME_ANSWERED || response.expires_in != rows[i].seconds)
            fail_msg("expires_in %s: outcome %d, %lld s", rows[i].text, (int)response.outcome,
                     (long long)response.expires_in);
    }
    SCOPED_OAUTH_RESPONSE struct oauth_response absent = {0};
    judge(200, "{" TOKENS "}", &absent);
    assert_int_equal(absent.expires_in, OAUTH_LIFE_UNKNOWN);
}

/* The number must be the whole text: digits before other characters do not count. */
static void a_malformed_number_in_expires_in_is_unknown(void **state) {
    (void)state;
    static const char *const texts[] = {"1.2.3", "300..", "300\\u0000"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        SCOPED_OAUTH_RESPONSE struct oauth_response response = {0};
        SCOPED_TEXT char *body = unit_text("{" TOKENS ",\"expires_in\":\"%s\"}", texts[i]);
        judge(200, body, &response);
        assert_int_equal(response.outcome, OUTCOME_ANSWERED);
        assert_int_equal(response.expires_in, OAUTH_LIFE_UNKNOWN);
    }
}

/* json-c accepts these names, which RFC 8259 does not. */
static void nan_or_infinity_in_expires_in_is_not_a_long_life(void **state) {
    (void)state;
    static const char *const texts[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        SCOPED_OAUTH_RESPONSE struct oauth_response response = {0};
        SCOPED_TEXT char *body = unit_text("{" TOKENS ",\"expires_in\":%s}", texts[i]);
        judge(200, body, &response);
        if (response.outcome == OUTCOME_ANSWERED)
            assert_int_equal(response.expires_in, OAUTH_LIFE_UNKNOWN);
    }
}

static void the_granted_scope_is_that_of_the_response(void **state) {
    (void)state;
    SCOPED_SECRET struct secret huge = unit_filled('s', 5000);
    SCOPED_TEXT char *body = unit_text("{" TOKENS ",\"scope\":\"%s\"}", secret_text(&huge));
    SCOPED_OAUTH_RESPONSE struct oauth_response said = {0}, unsaid = {0}, cut = {0};
    judge(200, "{" TOKENS ",\"scope\":\"openid email\"}", &said);
    assert_string_equal(said.scope, "openid email");
    judge(200, "{" TOKENS ",\"scope\":[\"openid\"]}", &unsaid);
    assert_string_equal(unsaid.scope, "");
    judge(200, body, &cut);
    assert_int_equal(cut.outcome, OUTCOME_ANSWERED);
    assert_int_equal(strlen(cut.scope), RECORD_SCOPE_SIZE - 1);
}

static void a_possible_token_is_removed_from_a_providers_text(void **state) {
    static const struct {
        const char *words, *said;
    } rows[] = {
        {"no abcdefghij.abcdefghij here", "no [...] here"},
        {"abcdefghijabcdefghij", "[...]"},
        {"token='abcdefghijabcdefghi'", "token='abcdefghijabcdefghi'"},
        {"(token=abcdefghijabcdefghi)", "([...])"},
        {"abcdefghijabcdefghij,abcdefghijabcdefghij", "[...],[...]"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED_OAUTH_RESPONSE struct oauth_response response = {0};
        SCOPED_TEXT char *body =
            unit_text("{\"error\":\"access_denied\",\"error_description\":\"%s\"}", rows[i].words);
        SCOPED_TEXT char *said = unit_text("access_denied: %s", rows[i].said);
        judge(400, body, &response);
        assert_string_equal(response.reason.text, said);
    }
}

static void a_providers_text_is_printable_and_bounded(void **state) {
    (void)state;
    SCOPED_SECRET struct secret huge = {0};
    for (int i = 0; i < 1000; i++)
        assert_int_equal(secret_append(&huge, "ddd d", 5, 5000), 0);
    SCOPED_TEXT char *body = unit_text("{\"error\":\"access_denied\",\"error_description\":"
                                       "\"no\\u001b[2J\\r\\n%s\"}",
                                       secret_text(&huge));
    SCOPED_OAUTH_RESPONSE struct oauth_response response = {0};
    judge(400, body, &response);
    assert_int_equal(response.outcome, OUTCOME_DENIED);
    assert_has(response.reason.text, "access_denied: no\\x1B[2J\\x0D\\x0Addd");
    for (const char *at = response.reason.text; *at; at++)
        assert_true(*at >= ' ' && *at <= '~');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_response_renews_the_grant),
        cmocka_unit_test(each_error_of_the_token_endpoint_has_its_verdict),
        cmocka_unit_test(an_error_is_an_error_whatever_else_the_response_has),
        cmocka_unit_test(an_unknown_error_is_denied_unless_the_status_is_a_server_error),
        cmocka_unit_test(an_unintelligible_response_is_unreachable_and_denies_nobody),
        cmocka_unit_test(a_response_without_a_usable_token_is_unreachable),
        cmocka_unit_test(a_rotated_token_is_kept_whatever_else_is_wrong),
        cmocka_unit_test(
            an_absent_refresh_token_keeps_the_old_one_and_a_malformed_one_is_unreachable),
        cmocka_unit_test(a_token_of_40_kib_is_refused_and_the_longest_allowed_is_not),
        cmocka_unit_test(expires_in_is_read_by_one_rule),
        cmocka_unit_test(a_malformed_number_in_expires_in_is_unknown),
        cmocka_unit_test(nan_or_infinity_in_expires_in_is_not_a_long_life),
        cmocka_unit_test(the_granted_scope_is_that_of_the_response),
        cmocka_unit_test(a_possible_token_is_removed_from_a_providers_text),
        cmocka_unit_test(a_providers_text_is_printable_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
