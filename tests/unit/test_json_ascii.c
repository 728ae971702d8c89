/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_json_ascii.c - json_ascii.c: the text given to json-c is ASCII and has the meaning of the
 * text that was sent.
 */
#include "unit.h"

#include "json.h"
#include "json_ascii.h"

#include <errno.h>

static void assert_ascii(const char *text, const char *expected) {
    SCOPED_SECRET struct secret given = unit_secret(text), ascii = {0};
    assert_int_equal(json_ascii(&given, &ascii), 0);
    assert_string_equal(secret_text(&ascii), expected);
}

static void characters_become_escapes(void **state) {
    (void)state;
    assert_ascii("{\"a\": [1, true, \"x\"]}", "{\"a\": [1, true, \"x\"]}");
    assert_ascii("\"Zo\xc3\xab\"", "\"Zo\\u00eb\"");
    assert_ascii("\"\xe2\x82\xac\"", "\"\\u20ac\"");
    assert_ascii("\"\xf0\x9f\x98\x80\"", "\"\\ud83d\\ude00\"");
    assert_ascii("\"\xf4\x8f\xbf\xbf\"", "\"\\udbff\\udfff\"");
    assert_ascii("{\"M\xc3\xbcller\":\"\\\"\xc3\xa9\\\\\"}",
                 "{\"M\\u00fcller\":\"\\\"\\u00e9\\\\\"}");
}

static void a_whole_number_that_is_too_large_becomes_a_fraction(void **state) {
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"[0,-1,1.5e3]", "[0,-1,1.5e3]"},
        {"[9223372036854775808]", "[9223372036854775808]"},
        {"[18446744073709551615]", "[18446744073709551615]"},
        {"[18446744073709551616]", "[18446744073709551616.0]"},
        {"[-9223372036854775808]", "[-9223372036854775808]"},
        {"[-9223372036854775809]", "[-9223372036854775809.0]"},
        {"[111111111111111111111111111111111111]", "[111111111111111111111111111111111111.0]"},
        {"[11111111111111111111.5]", "[11111111111111111111.5]"},
        {"[1e30]", "[1e30]"},
        {"\"18446744073709551616\"", "\"18446744073709551616\""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_ascii(rows[i].text, rows[i].expected);
}

static void what_is_cut_off_stays_cut_off(void **state) {
    static const char *const texts[] = {"\"abc", "\"abc\\", "{\"a\":", "-", ""};
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_ascii(texts[i], texts[i]);
}

static void a_backslash_before_a_character_that_is_not_ascii_is_refused(void **state) {
    static const char *const texts[] = {"{\"a\":\"\\\xc3\xa9", "{\"a\":\"\\\xc3\xa9\"}",
                                        "{\"a\":\"\\\xf0\x9f\x98\x80\"}"};
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        SCOPED_SECRET struct secret given = unit_secret(texts[i]), ascii = {0};
        assert_int_equal(json_ascii(&given, &ascii), -EINVAL);
        assert_null(json_parse_strict(&given));
    }
}

static void every_character_is_read_as_it_was_sent(void **state) {
    static const char *const names[] = {
        "Zo\xc3\xab M\xc3\xbcller", "\xe6\x9d\x8e\xe5\xb0\x8f\xe9\xbe\x8d",
        "\xd0\x9e\xd0\xbb\xd1\x8c\xd0\xb3\xd0\xb0", "\xf0\x9f\x98\x80", "\xc2\x80\xef\xbf\xbf"};
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        SCOPED_TEXT char *text = unit_text("{\"%s\":\"%s\"}", names[i], names[i]);
        SCOPED_SECRET struct secret body = unit_secret(text);
        SCOPED_JSON struct json_object *object = json_parse_strict(&body);
        assert_non_null(object);
        assert_string_equal(json_text(object, names[i]), names[i]);
    }
}

static void a_document_with_a_number_too_large_for_the_library_is_read(void **state) {
    static const char *const numbers[] = {"18446744073709551616", "-9223372036854775809",
                                          "123456789012345678901234567890"};
    (void)state;
    for (size_t i = 0; i < COUNT(numbers); i++) {
        SCOPED_TEXT char *text = unit_text("{\"error\":\"invalid_grant\",\"id\":%s}", numbers[i]);
        SCOPED_SECRET struct secret body = unit_secret(text);
        SCOPED_JSON struct json_object *object = json_parse_strict(&body);
        char number[JSON_NUMBER_SIZE];
        assert_non_null(object);
        assert_string_equal(json_text(object, "error"), "invalid_grant");
        assert_false(json_value_number(json_value_at(object, "id"), number));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_become_escapes),
        cmocka_unit_test(a_whole_number_that_is_too_large_becomes_a_fraction),
        cmocka_unit_test(what_is_cut_off_stays_cut_off),
        cmocka_unit_test(a_backslash_before_a_character_that_is_not_ascii_is_refused),
        cmocka_unit_test(every_character_is_read_as_it_was_sent),
        cmocka_unit_test(a_document_with_a_number_too_large_for_the_library_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
