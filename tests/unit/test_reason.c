/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_reason.c - reason.c: text from outside becomes printable and bounded.
 */
#include "unit.h"

#include <errno.h>

#include "reason.h"

static void a_reason_is_formatted_and_its_error_is_returned(void **state) {
    (void)state;
    struct reason reason = {"something older"};
    assert_int_equal(reason_set(&reason, -EPERM, "%s has mode %04o", "key", 0644), -EPERM);
    assert_string_equal(reason.text, "key has mode 0644");
    assert_int_equal(reason_set(&reason, 7, "%s", ""), 7);
    assert_string_equal(reason.text, "");
}

static void only_printable_ascii_stays_unescaped(void **state) {
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char text[3] = {'<', (char)byte, '>'}, escaped[16], expected[16];
        bool plain = byte >= ' ' && byte <= '~';
        snprintf(expected, sizeof expected, plain ? "<%c>" : "<\\x%02X>", byte);
        reason_escape(escaped, sizeof escaped, text, sizeof text);
        assert_string_equal(escaped, expected);
    }
}

static void a_terminal_escape_or_a_new_line_is_shown_not_obeyed(void **state) {
    (void)state;
    struct reason reason;
    reason_set(&reason, 0, "no: %s", "\033[2Jgranted\r\npam_oauth_login: alice\\\xc3\xa9");
    assert_string_equal(reason.text, "no: \\x1B[2Jgranted\\x0D\\x0Apam_oauth_login: "
                                     "alice\\\\xC3\\xA9");
}

/* Checks that `escaped` has only whole escapes and plain characters, and that these are the
 * beginning of `text`, followed by dots if it was `cut`. */
static void assert_whole(const char *escaped, const char *text, bool cut) {
    size_t length = strlen(escaped) - (cut ? 3 : 0);
    for (size_t at = 0; at < length; text++) {
        char one[8];
        reason_escape(one, sizeof one, text, 1);
        assert_memory_equal(escaped + at, one, strlen(one));
        at += strlen(one);
        assert_true(at <= length);
    }
    if (cut)
        assert_string_equal(escaped + length, "...");
    else
        assert_int_equal(*text, '\0');
}

static void a_text_that_does_not_fit_ends_in_dots(void **state) {
    (void)state;
    static const char text[] = "a\nbc\\d\te\x80\xff"
                               "fghi\rjklmnop";
    for (size_t size = 8; size < 64; size++) {
        for (size_t length = 0; length < sizeof text; length++) {
            char begin[sizeof text] = "", escaped[64], whole[128];
            memcpy(begin, text, length);
            memset(escaped, 'X', sizeof escaped);
            reason_escape(escaped, size, begin, length);
            reason_escape(whole, sizeof whole, begin, length);
            assert_true(strnlen(escaped, sizeof escaped) < size);
            /* Space is kept for the dots while more text follows: three bytes may stay unused. */
            bool cut = strcmp(escaped, whole) != 0;
            assert_true(cut || strlen(whole) < size);
            assert_true(!cut || strlen(whole) + 3 >= size);
            assert_whole(escaped, begin, cut);
            for (size_t i = size; i < sizeof escaped; i++)
                assert_int_equal(escaped[i], 'X');
        }
    }
}

static void a_huge_reason_is_cut(void **state) {
    (void)state;
    struct reason reason;
    SCOPED_SECRET struct secret huge = unit_filled('y', 100000);
    reason_set(&reason, 0, "%s", secret_text(&huge));
    assert_int_equal(strlen(reason.text), REASON_SIZE - 1);
    assert_string_equal(reason.text + REASON_SIZE - 5, "y...");
}

/* Reasons are stored, shared and shown to users, and are escaped again each time. */
static void an_escaped_or_cut_text_stays_unchanged(void **state) {
    (void)state;
    struct reason once, twice;
    SCOPED_SECRET struct secret huge = unit_filled('y', 1000);
    const char *const texts[] = {"caf\xc3\xa9 \n\\", secret_text(&huge)};
    for (size_t i = 0; i < COUNT(texts); i++) {
        reason_set(&once, 0, "%s", texts[i]);
        reason_set(&twice, 0, "%s", once.text);
        assert_string_equal(once.text, twice.text);
    }
}

static void a_reason_can_quote_itself(void **state) {
    (void)state;
    struct reason reason = {"the grant is dead"};
    reason_set(&reason, 0, "%s (asked twice)", reason.text);
    assert_string_equal(reason.text, "the grant is dead (asked twice)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reason_is_formatted_and_its_error_is_returned),
        cmocka_unit_test(only_printable_ascii_stays_unescaped),
        cmocka_unit_test(a_terminal_escape_or_a_new_line_is_shown_not_obeyed),
        cmocka_unit_test(a_text_that_does_not_fit_ends_in_dots),
        cmocka_unit_test(a_huge_reason_is_cut),
        cmocka_unit_test(an_escaped_or_cut_text_stays_unchanged),
        cmocka_unit_test(a_reason_can_quote_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
