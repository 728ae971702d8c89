/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_url.c - url.c: accepts a complete and safe URL, and nothing else.
 */
#include "unit.h"

#include "url.h"

static void a_url_of_the_scheme_is_accepted(void **state) {
    (void)state;
    static const char *const good[] = {
        "https://x",
        "https://login.example:8443/realms/corp?a=b&c=%20#d",
        "https://[::1]/token",
        "https://u:p@h/;~!$'()*+,@",
    };
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(url_is_valid(good[i], "https://"));
    assert_true(url_is_valid("http://proxy:3128", "http://"));
}

static void a_url_with_unsafe_bytes_or_another_scheme_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "https://",
        "https:///x",
        "http://x",
        "HTTPS://x",
        "https:x",
        " https://x",
        "https://x y",
        "https://x\nX: y",
        "https://x\r",
        "https://x\t",
        "https://x\033[2J",
        "https://x\x7f",
        "https://\xc3\xa9",
        "https://x\"",
        "https://x<y>",
        "https://x\\y",
        "https://x|y",
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(url_is_valid(bad[i], "https://"));
}

static void a_url_has_a_maximum_length(void **state) {
    (void)state;
    char text[URL_MAX + 2] = "https://";
    memset(text + 8, 'x', URL_MAX - 8);
    text[URL_MAX] = '\0';
    assert_true(url_is_valid(text, "https://"));
    text[URL_MAX] = 'x';
    text[URL_MAX + 1] = '\0';
    assert_false(url_is_valid(text, "https://"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_of_the_scheme_is_accepted),
        cmocka_unit_test(a_url_with_unsafe_bytes_or_another_scheme_is_refused),
        cmocka_unit_test(a_url_has_a_maximum_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
