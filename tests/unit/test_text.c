/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_text.c - text.h: a text that fits is copied, one that does not fit becomes "".
 */
#include "unit.h"

#include "text.h"

enum { ROOM = 4, GUARD = 0x5a };

/* A buffer of ROOM bytes with more after it, so that an overrun is seen. */
struct guarded {
    char text[ROOM];
    char after[ROOM];
};

static bool copy(struct guarded *guarded, size_t size, const char *text) {
    memset(guarded, GUARD, sizeof *guarded);
    bool fits = text_copy(guarded->text, size, text);
    for (size_t i = 0; i < sizeof guarded->after; i++)
        assert_int_equal(guarded->after[i], GUARD);
    return fits;
}

static void a_text_that_fits_is_copied_with_its_nul(void **state) {
    (void)state;
    static const char *const texts[] = {"", "a", "ab", "abc"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct guarded guarded;
        assert_true(copy(&guarded, ROOM, texts[i]));
        assert_string_equal(guarded.text, texts[i]);
    }
}

static void a_text_that_does_not_fit_is_not_cut_but_left_out(void **state) {
    (void)state;
    SCOPED_SECRET struct secret long_text = unit_filled('t', 10000);
    const char *const texts[] = {"abcd", "abcde", secret_text(&long_text)};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct guarded guarded;
        assert_false(copy(&guarded, ROOM, texts[i]));
        assert_string_equal(guarded.text, "");
    }
}

static void a_buffer_of_one_byte_or_none_is_not_overrun(void **state) {
    (void)state;
    struct guarded guarded;
    assert_true(copy(&guarded, 1, ""));
    assert_string_equal(guarded.text, "");
    assert_false(copy(&guarded, 1, "a"));
    assert_string_equal(guarded.text, "");
    assert_false(copy(&guarded, 0, ""));
    assert_int_equal(guarded.text[0], GUARD);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_fits_is_copied_with_its_nul),
        cmocka_unit_test(a_text_that_does_not_fit_is_not_cut_but_left_out),
        cmocka_unit_test(a_buffer_of_one_byte_or_none_is_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
