/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_token_response_providers.c - token_response.c: error codes and descriptions of single
 * providers, beyond the RFCs.
 */
#include "token_response_rows.h"

static void entras_error_codes_refine_its_error(void **state) {
    (void) state;
#define ENTRA(codes) "{\"error\":\"invalid_grant\",\"error_codes\":" codes "}"
    static const struct row rows[] = {
        {400, ENTRA("[50057]"), VERDICT_DENIED, "the account is disabled"},
        {400, ENTRA("[1,50057]"), VERDICT_DENIED, "the account is disabled"},
        {400, ENTRA("[50173]"), VERDICT_REAUTHORIZE, "the password was changed"},
        {400, ENTRA("[700082]"), VERDICT_REAUTHORIZE, "not used for too long"},
        {400, ENTRA("[50034]"), VERDICT_DENIED, "not in the directory"},
        {400, ENTRA("[50105]"), VERDICT_DENIED, "not assigned"},
        {400, ENTRA("[53003]"), VERDICT_DENIED, "conditional access"},
        {400, ENTRA("[70008]"), VERDICT_REAUTHORIZE, "expired"},
        {400, ENTRA("[70043]"), VERDICT_REAUTHORIZE, "conditional access"},
        {401, ENTRA("[7000218]"), VERDICT_MISCONFIGURED, "public client flows"},
        {401, ENTRA("[7000222]"), VERDICT_MISCONFIGURED, "secret has expired"},
        {400, ENTRA("[7]"), VERDICT_REAUTHORIZE, "invalid_grant"},
        {400, ENTRA("[]"), VERDICT_REAUTHORIZE, "invalid_grant"},
        {400, ENTRA("[null,{},[50057]]"), VERDICT_REAUTHORIZE, "invalid_grant"},
        {400, ENTRA("50057"), VERDICT_REAUTHORIZE, "invalid_grant"},
        {400, ENTRA("null"), VERDICT_REAUTHORIZE, "invalid_grant"},
    };
    assert_rows(rows, COUNT(rows));
}

static void a_closed_account_is_told_from_a_dead_grant_by_the_description(void **state) {
    (void) state;
#define SAYS(error, words) "{\"error\":\"" error "\",\"error_description\":\"" words "\"}"
    static const struct row rows[] = {
        {403, SAYS("invalid_grant", "user is blocked"), VERDICT_DENIED, "user is blocked"},
        {403, SAYS("invalid_grant", "User is blocked."), VERDICT_DENIED, "User is blocked"},
        {400, SAYS("invalid_grant", "User disabled"), VERDICT_DENIED, "User disabled"},
        {400, SAYS("invalid_grant", "Account has been deleted"), VERDICT_DENIED, "deleted"},
        {403, SAYS("invalid_grant", "Unknown or invalid refresh token."), VERDICT_REAUTHORIZE, ""},
        {403, SAYS("invalid_grant", "whether user is blocked"), VERDICT_REAUTHORIZE, ""},
        {403, SAYS("invalid_grant", "user is blocked, not"), VERDICT_REAUTHORIZE, ""},
        {403, SAYS("invalid_grant", "."), VERDICT_REAUTHORIZE, "invalid_grant"},
        {503, SAYS("server_error", "user is blocked"), VERDICT_UNREACHABLE, "server_error"},
        {403, SAYS("unauthorized", "user is blocked"), VERDICT_DENIED, "user is blocked"},
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
