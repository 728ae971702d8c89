/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_policy.c - policy.c: required groups, claims and scopes match by exact whole values.
 */
#include "unit.h"

#include "policy.h"

static struct provider_config provider(const char *groups, const char *separator,
                                       const char *claims, const char *scope) {
    return (struct provider_config){.require_groups = groups,
                                    .groups_claim = "groups",
                                    .groups_separator = separator,
                                    .require_claim = claims,
                                    .require_scope = scope};
}

static enum verdict check(const struct provider_config *demands, const char *text,
                          struct reason *reason) {
    SCOPED_SECRET struct secret json = {0};
    assert_int_equal(secret_set(&json, text, strlen(text), 4096), 0);
    SCOPED_JSON struct json_object *claims = json_parse_strict(&json);
    assert_non_null(claims);
    return policy_check_claims(demands, claims, reason);
}

static void without_requirements_everyone_is_granted(void **state) {
    struct provider_config none = provider("", "", "", "");
    struct reason reason = {""};
    (void)state;
    assert_int_equal(check(&none, "{}", &reason), VERDICT_NONE);
    assert_int_equal(policy_check_scope(&none, "", &reason), VERDICT_NONE);
}

static void one_of_the_groups_is_enough_and_membership_in_none_is_denied(void **state) {
    struct provider_config demands = provider("cloud admins , ops", "", "", "");
    struct reason reason = {""};
    (void)state;
    assert_int_equal(check(&demands, "{\"groups\":[\"x\",\"ops\"]}", &reason), VERDICT_NONE);
    assert_int_equal(check(&demands, "{\"groups\":\"cloud admins\"}", &reason), VERDICT_NONE);
    assert_int_equal(check(&demands, "{\"groups\":[\"cloud\",\"admins\"]}", &reason),
                     VERDICT_DENIED);
    assert_int_equal(check(&demands, "{\"groups\":\"x,ops\"}", &reason), VERDICT_DENIED);
    assert_non_null(strstr(reason.text, "cloud admins , ops"));
    assert_int_equal(check(&demands, "{\"groups\":[\"ops\\u0000x\"]}", &reason), VERDICT_DENIED);
    assert_int_equal(check(&demands, "{}", &reason), VERDICT_DENIED);
    assert_non_null(strstr(reason.text, "have no groups"));
}

static void a_list_of_empty_groups_grants_nobody(void **state) {
    struct provider_config demands = provider(" , ,", "", "", "");
    struct reason reason = {""};
    (void)state;
    assert_int_equal(check(&demands, "{\"groups\":[\"\",\" \"]}", &reason), VERDICT_DENIED);
}

static void a_requirement_too_long_to_be_compared_matches_nothing(void **state) {
    char wanted[400];
    struct reason reason = {""};
    (void)state;
    memset(wanted, 'g', sizeof wanted - 1);
    wanted[sizeof wanted - 1] = '\0';
    struct provider_config demands = provider(wanted, "", "", "");
    assert_int_equal(check(&demands, "{\"groups\":[\"g\"]}", &reason), VERDICT_DENIED);
    struct provider_config scope = provider("", "", "", wanted);
    assert_int_equal(policy_check_scope(&scope, "openid", &reason), VERDICT_DENIED);
    wanted[1] = '=';
    struct provider_config claim = provider("", "", wanted, "");
    assert_int_equal(check(&claim, "{\"g\":\"x\"}", &reason), VERDICT_DENIED);
}

static void omitted_groups_neither_grant_nor_deny(void **state) {
    struct provider_config demands = provider("ops", "", "", "");
    (void)state;
    static const struct {
        const char *claims;
        enum verdict verdict;
    } rows[] = {
        {"{\"_claim_names\":{\"groups\":\"src1\"},\"_claim_sources\":{\"src1\":{}}}",
         VERDICT_MISCONFIGURED},
        {"{\"hasgroups\":true}", VERDICT_MISCONFIGURED},
        {"{\"hasgroups\":\"true\"}", VERDICT_MISCONFIGURED},
        {"{\"hasgroups\":false}", VERDICT_DENIED},
        {"{\"hasgroups\":\"false\"}", VERDICT_DENIED},
        {"{\"_claim_names\":{\"phone\":\"src1\"}}", VERDICT_DENIED},
        {"{\"_claim_names\":\"groups\"}", VERDICT_DENIED},
        {"{\"_claim_names\":{\"groups\":\"src1\"},\"groups\":[\"dev\"]}", VERDICT_DENIED},
        {"{\"_claim_names\":{\"groups\":\"src1\"},\"groups\":[\"ops\"]}", VERDICT_NONE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct reason reason = {""};
        enum verdict verdict = check(&demands, rows[i].claims, &reason);
        if (verdict != rows[i].verdict)
            fail_msg("%s: %s (%s)", rows[i].claims, verdict_name(verdict), reason.text);
        assert_int_equal(strstr(reason.text, "overage") != NULL, verdict == VERDICT_MISCONFIGURED);
    }
}

static void every_required_claim_must_match(void **state) {
    struct provider_config demands = provider("", "", "state=active level=3,org.ok=true", "");
    struct reason reason = {""};
    (void)state;
    assert_int_equal(
        check(&demands, "{\"state\":\"active\",\"level\":3,\"org\":{\"ok\":true}}", &reason),
        VERDICT_NONE);
    assert_int_equal(
        check(&demands, "{\"state\":\"active\",\"level\":3,\"org\":{\"ok\":false}}", &reason),
        VERDICT_DENIED);
    assert_non_null(strstr(reason.text, "org.ok=true"));
    assert_int_equal(
        check(&demands, "{\"state\":\"active\",\"level\":4,\"org\":{\"ok\":true}}", &reason),
        VERDICT_DENIED);
    assert_int_equal(check(&demands, "{\"state\":\"active\"}", &reason), VERDICT_DENIED);
    assert_non_null(strstr(reason.text, "have no level"));
}

static void every_scope_must_have_been_granted(void **state) {
    struct provider_config demands = provider("", "", "", "openid admin");
    struct reason reason = {""};
    (void)state;
    assert_int_equal(policy_check_scope(&demands, "email openid admin", &reason), VERDICT_NONE);
    assert_int_equal(policy_check_scope(&demands, "openid admins", &reason), VERDICT_DENIED);
    assert_non_null(strstr(reason.text, "lacks admin"));
    assert_int_equal(policy_check_scope(&demands, "", &reason), VERDICT_DENIED);
    assert_non_null(strstr(reason.text, "does not say"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_requirements_everyone_is_granted),
        cmocka_unit_test(one_of_the_groups_is_enough_and_membership_in_none_is_denied),
        cmocka_unit_test(a_list_of_empty_groups_grants_nobody),
        cmocka_unit_test(a_requirement_too_long_to_be_compared_matches_nothing),
        cmocka_unit_test(omitted_groups_neither_grant_nor_deny),
        cmocka_unit_test(every_required_claim_must_match),
        cmocka_unit_test(every_scope_must_have_been_granted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
