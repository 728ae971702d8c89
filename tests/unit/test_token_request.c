/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_token_request.c - token_request.c: requests are encoded so that every decoder reads the
 * same.
 */
#include "unit.h"

#include <errno.h>

#include "token_request.h"

#define SECRET "p+ss: w%rd&=/\xc3\xa9"
#define SECRET_ENCODED "p%2Bss%3A%20w%25rd%26%3D%2F%C3%A9"

static struct provider_config provider_of(enum client_auth client_auth) {
    return (struct provider_config){
        .client_id = "my client+1",
        .client_auth = client_auth,
        .client_secret = client_auth == CLIENT_AUTH_NONE ? (struct secret){0} : unit_secret(SECRET),
    };
}

static void build(enum client_auth client_auth, const char *token, struct oauth_request *ret) {
    SCOPED_SECRET struct secret refresh = unit_secret(token);
    struct provider_config provider = provider_of(client_auth);
    assert_int_equal(oauth_build_refresh(&provider, &refresh, ret), 0);
    secret_clear(&provider.client_secret);
}

static void a_public_client_sends_its_id_and_no_secret(void **state) {
    (void)state;
    SCOPED_OAUTH_REQUEST struct oauth_request request = {0};
    build(CLIENT_AUTH_NONE, "r/1==", &request);
    assert_string_equal(secret_text(&request.form), "grant_type=refresh_token&"
                                                    "refresh_token=r%2F1%3D%3D&"
                                                    "client_id=my%20client%2B1");
    assert_false(request.basic);
    assert_int_equal(request.username.length, 0);
    assert_int_equal(request.password.length, 0);
}

static void a_client_secret_post_client_sends_its_secret_encoded(void **state) {
    (void)state;
    SCOPED_OAUTH_REQUEST struct oauth_request request = {0};
    build(CLIENT_AUTH_POST, "r1", &request);
    assert_string_equal(secret_text(&request.form), "grant_type=refresh_token&refresh_token=r1&"
                                                    "client_id=my%20client%2B1&"
                                                    "client_secret=" SECRET_ENCODED);
    assert_false(request.basic);
}

/* RFC 6749 section 2.3.1: both are form-encoded before HTTP Basic joins them by a colon. */
static void a_client_secret_basic_client_sends_its_secret_in_the_header_only(void **state) {
    (void)state;
    SCOPED_OAUTH_REQUEST struct oauth_request request = {0};
    build(CLIENT_AUTH_BASIC, "r1", &request);
    assert_string_equal(secret_text(&request.form), "grant_type=refresh_token&refresh_token=r1");
    assert_true(request.basic);
    assert_string_equal(secret_text(&request.username), "my%20client%2B1");
    assert_string_equal(secret_text(&request.password), SECRET_ENCODED);
}

static void a_request_built_again_holds_nothing_of_the_first(void **state) {
    (void)state;
    SCOPED_OAUTH_REQUEST struct oauth_request request = {0};
    build(CLIENT_AUTH_BASIC, "r1", &request);
    build(CLIENT_AUTH_NONE, "r2", &request);
    assert_false(request.basic);
    assert_int_equal(request.password.length, 0);
    assert_null(strstr(secret_text(&request.form), "r1"));
}

static int hex(char digit) {
    return digit >= '0' && digit <= '9' ? digit - '0' : digit - 'A' + 10;
}

static void every_byte_survives_form_encoding(void **state) {
    (void)state;
    SCOPED_SECRET struct secret form = {0};
    char all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    assert_int_equal(oauth_add_pair(&form, "a", "b", 1), 0);
    assert_int_equal(oauth_add_pair(&form, "x", all, sizeof all), 0);
    const char *text = secret_text(&form);
    assert_memory_equal(text, "a=b&x=", 6);
    text += 6;
    for (int i = 0; i < 256; i++) {
        bool plain = *text != '%';
        assert_int_equal(plain ? (uint8_t)*text : hex(text[1]) * 16 + hex(text[2]), i);
        assert_true(!plain || (*text && strchr("-._~", *text)) || (*text >= '0' && *text <= '9') ||
                    (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z'));
        text += plain ? 1 : 3;
    }
    assert_string_equal(text, "");
}

static void an_empty_value_is_still_a_pair(void **state) {
    (void)state;
    SCOPED_SECRET struct secret form = {0};
    assert_int_equal(oauth_add_pair(&form, "a", "", 0), 0);
    assert_int_equal(oauth_add_pair(&form, "b", "", 0), 0);
    assert_string_equal(secret_text(&form), "a=&b=");
}

static void the_longest_token_and_secret_fit_and_a_form_has_a_limit(void **state) {
    (void)state;
    SCOPED_SECRET struct secret longest = unit_filled('/', PROTOCOL_TOKEN_MAX), form = {0};
    SCOPED_OAUTH_REQUEST struct oauth_request request = {0};
    struct provider_config provider = provider_of(CLIENT_AUTH_POST);
    secret_clear(&provider.client_secret);
    provider.client_secret = unit_filled('/', 4096);
    assert_int_equal(oauth_build_refresh(&provider, &longest, &request), 0);
    assert_true(request.form.length > 3 * (PROTOCOL_TOKEN_MAX + 4096));
    secret_clear(&provider.client_secret);
    assert_int_equal(oauth_add_pair(&form, "x", secret_text(&longest), longest.length), 0);
    assert_int_equal(oauth_add_pair(&form, "x", secret_text(&longest), longest.length), -E2BIG);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_public_client_sends_its_id_and_no_secret),
        cmocka_unit_test(a_client_secret_post_client_sends_its_secret_encoded),
        cmocka_unit_test(a_client_secret_basic_client_sends_its_secret_in_the_header_only),
        cmocka_unit_test(a_request_built_again_holds_nothing_of_the_first),
        cmocka_unit_test(every_byte_survives_form_encoding),
        cmocka_unit_test(an_empty_value_is_still_a_pair),
        cmocka_unit_test(the_longest_token_and_secret_fit_and_a_form_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
