/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_sshd_config.c - sshd_config.c: the output of `sshd -T`, whatever sshd's version.
 */
#include "unit.h"

#include "../../cli/doctor/sshd_config.c"

static struct sshd_config parse(const char *text) {
    SCOPED_TEXT char *copy = unit_text("%s", text);
    struct sshd_config config;
    sshd_config_parse(copy, &config);
    return config;
}

static void lower_case_is_read_as_openssh_9_prints_it(void **state) {
    struct sshd_config config = parse("port 22\nusepam yes\nlogingracetime 120\n"
                                      "kbdinteractiveauthentication yes\n"
                                      "persourcepenalties crash:90 authfail:5\n");
    (void)state;
    assert_true(config.use_pam && config.keyboard_interactive && config.penalties);
    assert_int_equal(config.login_grace, 120);
}

static void mixed_case_is_read_as_openssh_10_6_prints_it(void **state) {
    struct sshd_config config = parse("Port 22\nUsePAM yes\nLoginGraceTime 60\n"
                                      "KbdInteractiveAuthentication yes\n"
                                      "PerSourcePenalties crash:90\n");
    (void)state;
    assert_true(config.use_pam && config.keyboard_interactive && config.penalties);
    assert_int_equal(config.login_grace, 60);
}

static void what_is_off_or_missing_is_off(void **state) {
    struct sshd_config off = parse("UsePAM no\nKbdInteractiveAuthentication no\n"
                                   "PerSourcePenalties no\nLoginGraceTime 0\n");
    struct sshd_config empty = parse("");
    (void)state;
    assert_false(off.use_pam || off.keyboard_interactive || off.penalties);
    assert_false(empty.use_pam || empty.keyboard_interactive || empty.penalties);
    assert_int_equal(off.login_grace + empty.login_grace, 0);
}

static void a_keyword_is_compared_whole(void **state) {
    struct sshd_config config = parse("UsePAMX yes\nxUsePAM yes\nUsePAM\n");
    (void)state;
    assert_false(config.use_pam);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lower_case_is_read_as_openssh_9_prints_it),
        cmocka_unit_test(mixed_case_is_read_as_openssh_10_6_prints_it),
        cmocka_unit_test(what_is_off_or_missing_is_off),
        cmocka_unit_test(a_keyword_is_compared_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
