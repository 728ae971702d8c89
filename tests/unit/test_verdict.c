/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_verdict.c - verdict.c: the verdict that follows from the outcome of a request.
 */
#include "unit.h"

#include "verdict.h"

static void only_an_answer_speaks_against_nobody(void **state) {
    (void)state;
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        assert_int_equal(verdict_of((enum outcome)outcome) == VERDICT_NONE,
                         outcome == OUTCOME_ANSWERED);
}

static void no_outcome_lets_anybody_in(void **state) {
    (void)state;
    for (int outcome = 0; outcome <= OUTCOME_COUNT; outcome++) {
        enum verdict verdict = verdict_of((enum outcome)outcome);
        assert_int_not_equal(verdict, VERDICT_GRANTED);
        assert_int_not_equal(verdict, VERDICT_GRANTED_OFFLINE);
        assert_int_not_equal(verdict, VERDICT_NOT_MANAGED);
    }
}

static void an_outcome_that_is_unknown_is_a_fault(void **state) {
    (void)state;
    assert_int_equal(verdict_of(OUTCOME_COUNT), VERDICT_FAULT);
}

static void each_kind_of_outcome_has_its_verdict(void **state) {
    static const struct {
        enum outcome first, last;
        enum verdict verdict;
    } rows[] = {
        {OUTCOME_DENIED, OUTCOME_DENIED, VERDICT_DENIED},
        {OUTCOME_GRANT_DEAD, OUTCOME_GRANT_DEAD, VERDICT_REAUTHORIZE},
        {OUTCOME_CLIENT_REFUSED, OUTCOME_NOT_SERVED, VERDICT_MISCONFIGURED},
        {OUTCOME_PENDING, OUTCOME_MALFORMED, VERDICT_UNREACHABLE},
        {OUTCOME_NO_ENDPOINT, OUTCOME_WRONG_SETTING, VERDICT_MISCONFIGURED},
        {OUTCOME_FAILED, OUTCOME_FAILED, VERDICT_FAULT},
        {OUTCOME_NOT_RESOLVED, OUTCOME_LOST, VERDICT_UNREACHABLE},
        {OUTCOME_SETTING_UNUSABLE, OUTCOME_SETTING_UNUSABLE, VERDICT_MISCONFIGURED},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int outcome = rows[i].first; outcome <= (int)rows[i].last; outcome++)
            assert_int_equal(verdict_of((enum outcome)outcome), rows[i].verdict);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_an_answer_speaks_against_nobody),
        cmocka_unit_test(no_outcome_lets_anybody_in),
        cmocka_unit_test(an_outcome_that_is_unknown_is_a_fault),
        cmocka_unit_test(each_kind_of_outcome_has_its_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
