/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_options.c - options.c: each option after pam_oauth_login.so is taken, or reported in the
 * error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../client/options.c"

static bool parse(const char *word, struct options *ret, char error[OPTIONS_ERROR_SIZE]) {
    const char *argv[] = {word};
    return options_parse(1, argv, ret, error);
}

static void without_options_the_configuration_file_decides(void **state) {
    struct options options;
    char error[OPTIONS_ERROR_SIZE] = "";
    (void)state;
    assert_true(options_parse(0, NULL, &options, error));
    assert_int_equal(options.deadline, PROTOCOL_UNSET);
    assert_int_equal(options.reuse_within, PROTOCOL_UNSET);
    assert_int_equal(options.offline_grace, PROTOCOL_UNSET);
    assert_null(options.config);
    assert_false(options.permissive || options.nouserok || options.assume_proven);
    assert_int_equal(options.enroll, ENROLL_NOBODY);
}

static void every_option_is_stored(void **state) {
    const char *argv[] = {"assume_proven", "config=/x",      "deadline=5s",
                          "debug",         "keyring=none",   "keyring_required",
                          "nouserok",      "permissive",     "offline_grace=0",
                          "quiet",         "reuse_within=2m"};
    struct options options;
    char error[OPTIONS_ERROR_SIZE] = "";
    (void)state;
    assert_true(options_parse(11, argv, &options, error));
    assert_true(options.assume_proven && options.debug && options.no_keyring);
    assert_true(options.keyring_required && options.nouserok && options.permissive);
    assert_true(options.quiet);
    assert_string_equal(options.config, "/x");
    assert_int_equal(options.deadline, 5);
    assert_int_equal(options.offline_grace, 0);
    assert_int_equal(options.reuse_within, 120);
}

static void the_enroll_option_selects_who_may_be_prompted(void **state) {
    struct options options;
    char error[OPTIONS_ERROR_SIZE] = "";
    (void)state;
    assert_true(parse("enroll", &options, error));
    assert_int_equal(options.enroll, ENROLL_PROVEN);
    assert_true(parse("enroll=unproven", &options, error));
    assert_int_equal(options.enroll, ENROLL_UNPROVEN);
    assert_false(options.assume_proven);
}

static void a_wrong_option_is_reported_with_its_fix(void **state) {
    static const struct {
        const char *word, *complaint;
    } wrong[] = {
        {"permisive", "'permisive' in /etc/pam.d is unknown"},
        {"permissive=yes", "takes no value"},
        {"debu", "is unknown"},
        {"debugg", "is unknown"},
        {"", "is unknown"},
        {"deadline", "takes a duration"},
        {"deadline=5", "takes a duration"},
        {"deadline=0", "takes 1s to 5m"},
        {"deadline=1h", "takes 1s to 5m"},
        {"reuse_within=-1s", "takes a duration"},
        {"offline_grace=366d", "takes a duration"},
        {"config=relative", "takes an absolute path"},
        {"config", "takes an absolute path"},
        {"keyring=user", "takes session or none"},
        {"keyring", "takes session or none"},
        {"enroll=", "takes no value, or unproven"},
        {"enroll=proven", "takes no value, or unproven"},
        {"enroll=unproven2", "takes no value, or unproven"},
        {"enrol", "is unknown"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct options options;
        char error[OPTIONS_ERROR_SIZE] = "";
        assert_false(parse(wrong[i].word, &options, error));
        assert_non_null(strstr(error, wrong[i].complaint));
    }
}

static void the_error_for_a_very_long_option_is_cut(void **state) {
    char word[1000], error[OPTIONS_ERROR_SIZE];
    struct options options;
    (void)state;
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_false(parse(word, &options, error));
    assert_true(strlen(error) < OPTIONS_ERROR_SIZE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_the_configuration_file_decides),
        cmocka_unit_test(every_option_is_stored),
        cmocka_unit_test(the_enroll_option_selects_who_may_be_prompted),
        cmocka_unit_test(a_wrong_option_is_reported_with_its_fix),
        cmocka_unit_test(the_error_for_a_very_long_option_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
