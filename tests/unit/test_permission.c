/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_permission.c - permission.c: decides which caller may make which request.
 */
#include "unit.h"

#include "permission.h"

enum { ALICE = 1000, BOB = 1001 };

static const struct account alice = {.name = "alice", .uid = ALICE};

static bool may(enum protocol_operation operation, uid_t uid, const struct account *account) {
    struct reason reason = {""};
    bool given = permission_is_given(operation, uid, account, &reason);
    assert_int_equal(reason.text[0] == '\0', given);
    return given;
}

static bool is_for_owners(int operation) {
    switch (operation) {
    case OPERATION_VERIFY:
    case OPERATION_FRESH_TOKEN:
    case OPERATION_ENROLL:
    case OPERATION_BROWSER:
    case OPERATION_UNENROLL:
    case OPERATION_STATUS:
        return true;
    default:
        return false;
    }
}

static void root_may_make_every_request(void **state) {
    (void)state;
    for (int operation = OPERATION_VERIFY; operation < OPERATION_COUNT; operation++) {
        assert_true(may((enum protocol_operation)operation, 0, &alice));
        assert_true(may((enum protocol_operation)operation, 0, NULL));
    }
}

static void a_user_may_make_some_requests_about_the_own_account(void **state) {
    (void)state;
    for (int operation = OPERATION_VERIFY; operation < OPERATION_COUNT; operation++)
        assert_int_equal(may((enum protocol_operation)operation, ALICE, &alice),
                         is_for_owners(operation));
}

static void a_user_may_make_no_request_about_another_account(void **state) {
    (void)state;
    for (int operation = OPERATION_VERIFY; operation < OPERATION_COUNT; operation++)
        assert_false(may((enum protocol_operation)operation, BOB, &alice));
}

static void a_refusal_does_not_tell_whether_the_account_exists(void **state) {
    (void)state;
    for (int operation = OPERATION_VERIFY; operation < OPERATION_COUNT; operation++) {
        struct reason known = {""}, unknown = {""};
        assert_false(permission_is_given((enum protocol_operation)operation, BOB, &alice, &known));
        assert_false(permission_is_given((enum protocol_operation)operation, BOB, NULL, &unknown));
        assert_string_equal(known.text, unknown.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_may_make_every_request),
        cmocka_unit_test(a_user_may_make_some_requests_about_the_own_account),
        cmocka_unit_test(a_user_may_make_no_request_about_another_account),
        cmocka_unit_test(a_refusal_does_not_tell_whether_the_account_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
