/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_secret.c - secret.c: secrets are bounded, and wiped before they are freed.
 */
#include "unit.h"

#include <errno.h>

/* Replace the C library's functions, to observe which bytes are wiped; fortified builds call the
 * second function. */
static size_t wiped_bytes;
static bool wiped_needle;

void __explicit_bzero_chk(void *data, size_t size, size_t room);

void explicit_bzero(void *data, size_t size) {
    static const char needle[] = "needle";
    volatile char *bytes = data;
    size_t matched = 0;
    for (size_t i = 0; i < size; i++) {
        matched = bytes[i] == needle[matched] ? matched + 1 : bytes[i] == needle[0];
        if (matched == strlen(needle)) {
            wiped_needle = true;
            matched = 0;
        }
        bytes[i] = 0;
    }
    wiped_bytes += size;
}

void __explicit_bzero_chk(void *data, size_t size, size_t room) {
    assert_true(size <= room);
    explicit_bzero(data, size);
}

static int forget_wipes(void **state) {
    (void)state;
    wiped_bytes = 0;
    wiped_needle = false;
    return 0;
}

static void an_empty_secret_reads_as_an_empty_text(void **state) {
    (void)state;
    SCOPED_SECRET struct secret secret = {0};
    assert_string_equal(secret_text(&secret), "");
    secret_clear(&secret);
    assert_int_equal(secret_append(&secret, NULL, 0, 0), 0);
    assert_string_equal(secret_text(&secret), "");
}

static void appended_bytes_stay_in_order(void **state) {
    (void)state;
    SCOPED_SECRET struct secret secret = {0};
    for (uint32_t i = 0; i < 10000; i++) {
        uint8_t byte = (uint8_t)(i * 7);
        assert_int_equal(secret_append(&secret, &byte, 1, 10000), 0);
        assert_true(secret.capacity > secret.length);
        assert_int_equal(secret.data[secret.length], 0);
    }
    assert_int_equal(secret.length, 10000);
    for (uint32_t i = 0; i < 10000; i++)
        assert_int_equal(secret.data[i], (uint8_t)(i * 7));
}

static void a_secret_never_holds_more_than_its_limit(void **state) {
    (void)state;
    SCOPED_SECRET struct secret secret = {0};
    assert_int_equal(secret_append(&secret, "12345", 5, 8), 0);
    assert_int_equal(secret_append(&secret, "6789", 4, 8), -E2BIG);
    assert_int_equal(secret_append(&secret, "6", SIZE_MAX, 8), -E2BIG);
    assert_int_equal(secret_append(&secret, "6", 1, 4), -E2BIG);
    assert_int_equal(secret_set(&secret, "123456789", 9, 8), -E2BIG);
    assert_string_equal(secret_text(&secret), "12345");
    assert_int_equal(secret_append(&secret, "678", 3, 8), 0);
    assert_string_equal(secret_text(&secret), "12345678");
}

static void a_replaced_secret_keeps_nothing_of_the_old_one(void **state) {
    (void)state;
    SCOPED_SECRET struct secret secret = unit_secret("the old needle");
    assert_int_equal(secret_set(&secret, "new", 3, 100), 0);
    assert_string_equal(secret_text(&secret), "new");
    assert_int_equal(secret.length, 3);
    assert_true(wiped_needle);
}

static void growing_leaves_no_copy_behind(void **state) {
    (void)state;
    SCOPED_SECRET struct secret secret = unit_secret("a needle");
    assert_false(wiped_needle);
    while (secret.length < 64)
        assert_int_equal(secret_append(&secret, " hay", 4, 100), 0);
    assert_true(wiped_needle);
}

static void clearing_wipes_all_that_was_allocated(void **state) {
    (void)state;
    struct secret secret = unit_secret("a needle");
    size_t capacity = secret.capacity;
    secret_clear(&secret);
    assert_true(wiped_needle);
    assert_true(wiped_bytes >= capacity);
    assert_null(secret.data);
    assert_int_equal(secret.length, 0);
    assert_int_equal(secret.capacity, 0);
}

static void a_moved_secret_leaves_its_source_empty(void **state) {
    (void)state;
    SCOPED_SECRET struct secret from = unit_secret("token");
    SCOPED_SECRET struct secret to = unit_secret("a needle");
    secret_move(&to, &from);
    assert_string_equal(secret_text(&to), "token");
    assert_string_equal(secret_text(&from), "");
    assert_null(from.data);
    assert_true(wiped_needle);
}

/* Makes a pipe that holds `size` bytes and then ends. */
static int pipe_of(const char *data, size_t size) {
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], data, size), size);
    close(ends[1]);
    return ends[0];
}

static void a_descriptor_is_read_to_its_end(void **state) {
    (void)state;
    SCOPED_SECRET struct secret text = unit_filled('t', 10000), secret = {0};
    SCOPED_FD int fd = pipe_of(secret_text(&text), text.length);
    assert_int_equal(secret_read(&secret, fd, text.length), 0);
    assert_true(secret_equal(&secret, &text));
}

static void reading_leaves_no_copy_on_the_stack(void **state) {
    (void)state;
    SCOPED_SECRET struct secret secret = {0};
    SCOPED_FD int fd = pipe_of("a needle", 8);
    assert_int_equal(secret_read(&secret, fd, 100), 0);
    assert_string_equal(secret_text(&secret), "a needle");
    assert_true(wiped_needle);
}

static void a_descriptor_with_too_much_is_refused(void **state) {
    (void)state;
    SCOPED_SECRET struct secret secret = {0};
    SCOPED_FD int fd = pipe_of("123456789", 9);
    assert_int_equal(secret_read(&secret, fd, 8), -E2BIG);
}

static void a_descriptor_that_cannot_be_read_is_an_error(void **state) {
    (void)state;
    SCOPED_SECRET struct secret secret = {0};
    SCOPED_FD int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(secret_read(&secret, directory, 8), -EISDIR);
    assert_int_equal(secret_read(&secret, -1, 8), -EBADF);
}

static void only_the_same_bytes_are_equal(void **state) {
    (void)state;
    static const char *const others[] = {"", "toke", "tokens", "tokeN", "Token"};
    SCOPED_SECRET struct secret token = unit_secret("token"), same = unit_secret("token");
    SCOPED_SECRET struct secret none = {0}, empty = unit_secret("");
    assert_true(secret_equal(&token, &same));
    assert_true(secret_equal(&none, &empty));
    for (size_t i = 0; i < COUNT(others); i++) {
        SCOPED_SECRET struct secret other = unit_secret(others[i]);
        assert_false(secret_equal(&token, &other));
        assert_false(secret_equal(&other, &token));
    }
}

static void a_token_is_printable_ascii_without_blanks(void **state) {
    (void)state;
    SCOPED_SECRET struct secret none = {0};
    assert_false(secret_is_token(&none));
    for (int byte = 0; byte < 256; byte++) {
        char text[3] = {'a', (char)byte, 'z'};
        SCOPED_SECRET struct secret first = unit_bytes(text + 1, 2);
        SCOPED_SECRET struct secret inner = unit_bytes(text, 3);
        SCOPED_SECRET struct secret last = unit_bytes(text, 2);
        bool expected = byte >= 0x21 && byte <= 0x7e;
        assert_int_equal(secret_is_token(&first), expected);
        assert_int_equal(secret_is_token(&inner), expected);
        assert_int_equal(secret_is_token(&last), expected);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_secret_reads_as_an_empty_text),
        cmocka_unit_test(appended_bytes_stay_in_order),
        cmocka_unit_test(a_secret_never_holds_more_than_its_limit),
        cmocka_unit_test_setup(a_replaced_secret_keeps_nothing_of_the_old_one, forget_wipes),
        cmocka_unit_test_setup(growing_leaves_no_copy_behind, forget_wipes),
        cmocka_unit_test_setup(clearing_wipes_all_that_was_allocated, forget_wipes),
        cmocka_unit_test_setup(a_moved_secret_leaves_its_source_empty, forget_wipes),
        cmocka_unit_test(a_descriptor_is_read_to_its_end),
        cmocka_unit_test_setup(reading_leaves_no_copy_on_the_stack, forget_wipes),
        cmocka_unit_test(a_descriptor_with_too_much_is_refused),
        cmocka_unit_test(a_descriptor_that_cannot_be_read_is_an_error),
        cmocka_unit_test(only_the_same_bytes_are_equal),
        cmocka_unit_test(a_token_is_printable_ascii_without_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
