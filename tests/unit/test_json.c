/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_json.c - json.c: parses exactly one strict object, or nothing.
 */
#include "unit.h"

#include "json.h"

static struct json_object *parse(const void *text, size_t size) {
    SCOPED_SECRET struct secret body = unit_bytes(text, size);
    return json_parse_strict(&body);
}

#define PARSE(literal) parse(literal, sizeof(literal) - 1)

static void assert_refused(const void *text, size_t size) {
    SCOPED_JSON struct json_object *object = parse(text, size);
    if (object)
        fail_msg("'%.*s' was accepted", (int)size, (const char *)text);
}

static void an_object_is_read(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"sub\":\"alice\"}",
        " \t\r\n{ \"sub\" : \"alice\" } \r\n",
        "{\"a\":[1,-2.5e3,true,false,null,\"x\",{\"b\":{}}],\"sub\":\"a:b\"}",
        "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}",
        "{\"quote\\\"s: \":\"\\\\\",\"b\\\\\":\":\\\":\"}",
        "{\"a\\\"b\":\"c\\\":d\"}",
        "{\"\xe0\xa0\x80\xed\x9f\xbf\":\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xef\xbf\xbd\xc2\x80\"}",
        "{\"\\u0061\":\"\\uD83D\\uDE00 \xc3\xa9\"}",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        SCOPED_JSON struct json_object *object = parse(texts[i], strlen(texts[i]));
        if (!object)
            fail_msg("'%s' was refused", texts[i]);
    }
}

static void anything_but_exactly_one_object_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        " ",
                                        "[]",
                                        "[{}]",
                                        "\"text\"",
                                        "1",
                                        "null",
                                        "true",
                                        "<html>",
                                        "{",
                                        "}",
                                        "{\"a\"}",
                                        "{\"a\":}",
                                        "{\"a\":1",
                                        "{\"a\":1,}",
                                        "{,}",
                                        "{\"a\":1 \"b\":2}",
                                        "{\"a\" 1}",
                                        "{a:1}",
                                        "{}{}",
                                        "{} {}",
                                        "{}x",
                                        "{},",
                                        "{}\n<!-- -->",
                                        "x{}",
                                        "{\"a\":01}",
                                        "{\"a\":[1,]}",
                                        "{\"a\":TRUE}",
                                        "{\"a\":/**/1}",
                                        "// x\n{}",
                                        "{\"a\":\"\\x\"}",
                                        "{\"a\":\"b}",
                                        "error=bad_refresh_token",
                                        "access_token=a&token_type=bearer"};
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_refused(texts[i], strlen(texts[i]));
}

static void single_quotes_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"{\"a\":'b'}", "{'a':\"b\"}", "{'a':1,'a:':2}"};
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_refused(texts[i], strlen(texts[i]));
}

static void a_duplicate_name_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"sub\":\"alice\",\"sub\":\"mallory\"}",
        "{\"sub\":\"alice\",\"sub\":\"alice\"}",
        "{\"sub\":\"alice\",\"s\\u0075b\":\"mallory\"}",
        "{\"a\":[{\"b\":{\"c\":1,\"c\":2}}]}",
        "{\"a\":\":\",\"a\":\"::\"}",
        "{\"\":1,\"\":2}",
        "{\"\\\":\":1,\"\\\":\":2}",
        "{\"a\":null,\"a\":1}",
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_refused(texts[i], strlen(texts[i]));
}

static void single_quotes_do_not_hide_a_duplicate_name(void **state) {
    (void)state;
    static const char text[] = "{\"sub\":\"alice\",'\"':\":\",\"sub\":\"mallory\",'b\"':1}";
    assert_refused(text, strlen(text));
}

static void a_nul_byte_is_refused_anywhere(void **state) {
    (void)state;
    static const char text[] = "{\"sub\":\"alice\"}";
    for (size_t at = 0; at < sizeof text; at++) {
        char with[sizeof text] = "";
        memcpy(with, text, at);
        memcpy(with + at + 1, text + at, strlen(text) - at);
        assert_refused(with, sizeof with);
    }
}

static void an_escaped_nul_does_not_shorten_a_text(void **state) {
    (void)state;
    SCOPED_JSON struct json_object *object =
        PARSE("{\"sub\":\"alice\\u0000mallory\",\"in\":{\"x\":\"\\u0000\"}}");
    assert_non_null(object);
    assert_null(json_text(object, "sub"));
    assert_null(json_text_at(object, "sub"));
    assert_null(json_text_at(object, "in.x"));
}

static void an_escaped_nul_does_not_shorten_a_name(void **state) {
    (void)state;
    SCOPED_JSON struct json_object *object = PARSE("{\"sub\\u0000x\":\"mallory\"}");
    if (object)
        assert_null(json_text(object, "sub"));
}

static void assert_refused_as_name_and_value(const char *const *bad, size_t count) {
    for (size_t i = 0; i < count; i++) {
        SCOPED_TEXT char *text = unit_text("{\"sub\":\"%s\"}", bad[i]);
        SCOPED_TEXT char *name = unit_text("{\"%s\":\"sub\"}", bad[i]);
        assert_refused(text, strlen(text));
        assert_refused(name, strlen(name));
    }
}

static void text_that_is_not_utf_8_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "\xff", "\x80", "\xc3", "\xc3(", "\xe2\x82", "\xf0\x9f\x98", "\xf8\x88\x80\x80\x80"};
    assert_refused_as_name_and_value(bad, COUNT(bad));
}

/* Overlong forms, surrogates and code points past U+10FFFF: RFC 3629 section 3. */
static void text_that_only_looks_like_utf_8_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"\xc0\xaf",     "\xe0\x80\xaf",     "\xf0\x80\x80\xaf",
                                      "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80"};
    assert_refused_as_name_and_value(bad, COUNT(bad));
}

static void a_bare_control_character_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {"\x01", "\n", "\r", "\t", "\x1b[2J"};
    assert_refused_as_name_and_value(bad, COUNT(bad));
}

static void a_lone_surrogate_does_not_shorten_a_text(void **state) {
    (void)state;
    static const char *const texts[] = {"\\ud800", "\\udc00", "\\ud800\\ud800", "\\udc00\\ud800"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        SCOPED_TEXT char *text = unit_text("{\"sub\":\"alice%s\"}", texts[i]);
        SCOPED_JSON struct json_object *object = parse(text, strlen(text));
        if (object && json_text(object, "sub"))
            assert_string_not_equal(json_text(object, "sub"), "alice");
    }
}

static void a_byte_order_mark_is_refused(void **state) {
    (void)state;
    static const char text[] = "\xef\xbb\xbf{}";
    assert_refused(text, strlen(text));
}

/* Makes `levels` of `open` around an empty object, closed by `end`. */
static struct secret nested(size_t levels, const char *open, const char *end) {
    struct secret text = unit_secret("{\"a\":");
    for (size_t i = 0; i < levels; i++)
        assert_int_equal(secret_append(&text, open, strlen(open), UNIT_SECRET_MAX), 0);
    assert_int_equal(secret_append(&text, "{}", 2, UNIT_SECRET_MAX), 0);
    for (size_t i = 0; i < levels; i++)
        assert_int_equal(secret_append(&text, end, strlen(end), UNIT_SECRET_MAX), 0);
    assert_int_equal(secret_append(&text, "}", 1, UNIT_SECRET_MAX), 0);
    return text;
}

static void shallow_nesting_is_read_and_deep_nesting_is_refused(void **state) {
    (void)state;
    static const struct {
        size_t levels;
        bool taken;
    } rows[] = {{8, true}, {15, false}, {16, false}, {100, false}, {10000, false}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED_SECRET struct secret arrays = nested(rows[i].levels, "[", "]");
        SCOPED_SECRET struct secret objects = nested(rows[i].levels, "{\"a\":", "}");
        SCOPED_JSON struct json_object *a = json_parse_strict(&arrays);
        SCOPED_JSON struct json_object *b = json_parse_strict(&objects);
        assert_int_equal(a != NULL, rows[i].taken);
        assert_int_equal(b != NULL, rows[i].taken);
    }
}

static void an_empty_text_is_not_an_object(void **state) {
    (void)state;
    SCOPED_SECRET struct secret none = {0};
    assert_null(json_parse_strict(&none));
}

static void only_a_non_empty_string_is_a_text(void **state) {
    (void)state;
    SCOPED_JSON struct json_object *object =
        PARSE("{\"text\":\"x y\",\"empty\":\"\",\"null\":null,\"number\":1,\"true\":true,"
              "\"array\":[\"x\"],\"object\":{\"text\":\"y\"}}");
    static const char *const others[] = {"empty",  "null", "number", "true", "array", "object",
                                         "absent", "",     "Text",   "tex",  "text "};
    assert_non_null(object);
    assert_string_equal(json_text(object, "text"), "x y");
    for (size_t i = 0; i < COUNT(others); i++) {
        assert_null(json_text(object, others[i]));
        assert_null(json_text_at(object, others[i]));
    }
}

static void a_dotted_path_leads_through_objects_only(void **state) {
    (void)state;
    SCOPED_JSON struct json_object *object = PARSE(
        "{\"user\":{\"login\":\"alice\",\"deep\":{\"er\":\"x\"}},\"list\":[{\"login\":\"bob\"}],"
        "\"text\":\"t\",\"null\":null,\"\":\"e\",\"also\":{\"\":\"e\"},\"user.login\":"
        "\"mallory\"}");
    static const char *const nowhere[] = {
        "user",       "user.",        ".user",  "user..login", "user.login.", "user.login.x",
        "list.login", "list.0.login", "text.x", "null.x",      ".",           "",
        "user.Login", "other.login"};
    SCOPED_SECRET struct secret name = unit_filled('n', 128);
    assert_non_null(object);
    assert_string_equal(json_text_at(object, "user.login"), "alice");
    assert_string_equal(json_text_at(object, "user.deep.er"), "x");
    assert_string_equal(json_text_at(object, "text"), "t");
    for (size_t i = 0; i < COUNT(nowhere); i++)
        assert_null(json_text_at(object, nowhere[i]));
    assert_null(json_text_at(object, secret_text(&name)));
}

static void a_whole_number_is_read_as_its_exact_digits(void **state) {
    (void)state;
    static const struct {
        const char *json, *digits; /* NULL: refused */
    } rows[] = {
        {"1", "1"},
        {"0", "0"},
        {"-7", "-7"},
        {"583231", "583231"},
        {"9007199254740993", "9007199254740993"}, /* cannot be represented as a double */
        {"9223372036854775807", "9223372036854775807"},
        {"9223372036854775808", "9223372036854775808"},
        {"18446744073709551614", "18446744073709551614"},
        {"18446744073709551615", NULL}, /* json-c gives this for larger ones too */
        {"99999999999999999999", NULL},
        {"-99999999999999999999", NULL},
        {"1.0", NULL},
        {"1e3", NULL},
        {"\"1\"", NULL},
        {"true", NULL},
        {"null", NULL},
        {"[1]", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char digits[JSON_NUMBER_SIZE] = "";
        SCOPED_TEXT char *text = unit_text("{\"id\":%s}", rows[i].json);
        SCOPED_SECRET struct secret body = unit_secret(text);
        SCOPED_JSON struct json_object *object = json_parse_strict(&body);
        bool taken = json_value_number(json_value_at(object, "id"), digits);
        if (taken != (rows[i].digits != NULL) || (taken && strcmp(digits, rows[i].digits) != 0))
            fail_msg("%s became '%s'", rows[i].json, digits);
    }
}

/* Keeps a second reference, so that the wiped strings can still be read. */
static void strings_are_wiped_before_they_are_freed(void **state) {
    (void)state;
    static const char zeros[] = "\0\0\0\0\0";
    struct json_object *object = PARSE("{\"a\":\"token\",\"b\":[{\"c\":\"token\"}]}");
    struct json_object *kept = json_object_get(object), *list = NULL, *inner = NULL;
    json_wipe(&object);
    assert_null(object);
    assert_memory_equal(json_object_get_string(json_object_object_get(kept, "a")), zeros, 5);
    assert_true(json_object_object_get_ex(kept, "b", &list));
    inner = json_object_array_get_idx(list, 0);
    assert_memory_equal(json_object_get_string(json_object_object_get(inner, "c")), zeros, 5);
    json_object_put(kept);
    json_wipe(&object);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_read),
        cmocka_unit_test(anything_but_exactly_one_object_is_refused),
        cmocka_unit_test(single_quotes_are_refused),
        cmocka_unit_test(a_duplicate_name_is_refused),
        cmocka_unit_test(single_quotes_do_not_hide_a_duplicate_name),
        cmocka_unit_test(a_nul_byte_is_refused_anywhere),
        cmocka_unit_test(an_escaped_nul_does_not_shorten_a_text),
        cmocka_unit_test(an_escaped_nul_does_not_shorten_a_name),
        cmocka_unit_test(text_that_is_not_utf_8_is_refused),
        cmocka_unit_test(text_that_only_looks_like_utf_8_is_refused),
        cmocka_unit_test(a_bare_control_character_is_refused),
        cmocka_unit_test(a_lone_surrogate_does_not_shorten_a_text),
        cmocka_unit_test(a_byte_order_mark_is_refused),
        cmocka_unit_test(shallow_nesting_is_read_and_deep_nesting_is_refused),
        cmocka_unit_test(an_empty_text_is_not_an_object),
        cmocka_unit_test(only_a_non_empty_string_is_a_text),
        cmocka_unit_test(a_dotted_path_leads_through_objects_only),
        cmocka_unit_test(a_whole_number_is_read_as_its_exact_digits),
        cmocka_unit_test(strings_are_wiped_before_they_are_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
