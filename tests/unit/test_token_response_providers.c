/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_token_response_providers.c - token_response.c: error codes and descriptions of single
 * providers, beyond the RFCs.
 */
#include "token_response_rows.h"

static void entras_error_codes_refine_its_error(void **state) {
    (void)state;
#define ENTRA(codes) "{\"error\":\"invalid_grant\",\"error_codes\":" codes "}"
    static const struct row rows[] = {
        {400, ENTRA("[50057]"), OUTCOME_DENIED, "the account is disabled"},
        {400, ENTRA("[1,50057]"), OUTCOME_DENIED, "the account is disabled"},
        {400, ENTRA("[50173]"), OUTCOME_GRANT_DEAD, "the password was changed"},
        {400, ENTRA("[700082]"), OUTCOME_GRANT_DEAD, "not used for too long"},
        {400, ENTRA("[50034]"), OUTCOME_DENIED, "not in the directory"},
        {400, ENTRA("[50105]"), OUTCOME_DENIED, "not assigned"},
        {400, ENTRA("[53003]"), OUTCOME_DENIED, "conditional access"},
        {400, ENTRA("[70008]"), OUTCOME_GRANT_DEAD, "expired"},
        {400, ENTRA("[70043]"), OUTCOME_GRANT_DEAD, "conditional access"},
        {401, ENTRA("[7000218]"), OUTCOME_CLIENT_REFUSED, "public client flows"},
        {401, ENTRA("[7000222]"), OUTCOME_CLIENT_REFUSED, "secret has expired"},
        {400, ENTRA("[7]"), OUTCOME_GRANT_DEAD, "invalid_grant"},
        {400, ENTRA("[]"), OUTCOME_GRANT_DEAD, "invalid_grant"},
        {400, ENTRA("[null,{},[50057]]"), OUTCOME_GRANT_DEAD, "invalid_grant"},
        {400, ENTRA("50057"), OUTCOME_GRANT_DEAD, "invalid_grant"},
        {400, ENTRA("null"), OUTCOME_GRANT_DEAD, "invalid_grant"},
    };
    assert_rows(rows, COUNT(rows));
}

static void a_closed_account_is_told_from_a_dead_grant_by_the_description(void **state) {
    (void)state;
#define SAYS(error, words) "{\"error\":\"" error "\",\"error_description\":\"" words "\"}"
    static const struct row rows[] = {
        {403, SAYS("invalid_grant", "user is blocked"), OUTCOME_DENIED, "user is blocked"},
        {403, SAYS("invalid_grant", "User is blocked."), OUTCOME_DENIED, "User is blocked"},
        {400, SAYS("invalid_grant", "User disabled"), OUTCOME_DENIED, "User disabled"},
        {400, SAYS("invalid_grant", "Account has been deleted"), OUTCOME_DENIED, "deleted"},
        {403, SAYS("invalid_grant", "Unknown or invalid refresh token."), OUTCOME_GRANT_DEAD, ""},
        {403, SAYS("invalid_grant", "whether user is blocked"), OUTCOME_GRANT_DEAD, ""},
        {403, SAYS("invalid_grant", "user is blocked, not"), OUTCOME_GRANT_DEAD, ""},
        {403, SAYS("invalid_grant", "."), OUTCOME_GRANT_DEAD, "invalid_grant"},
        {503, SAYS("server_error", "user is blocked"), OUTCOME_UNAVAILABLE, "server_error"},
        {403, SAYS("unauthorized", "user is blocked"), OUTCOME_DENIED, "user is blocked"},
    };
    assert_rows(rows, COUNT(rows));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entras_error_codes_refine_its_error),
        cmocka_unit_test(a_closed_account_is_told_from_a_dead_grant_by_the_description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
