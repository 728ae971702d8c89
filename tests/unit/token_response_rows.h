/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * token_response_rows.h - tables of providers' responses, and the verdict of each.
 */
#ifndef OAUTH_LOGIN_TESTS_UNIT_TOKEN_RESPONSE_ROWS_H
#define OAUTH_LOGIN_TESTS_UNIT_TOKEN_RESPONSE_ROWS_H

#include "unit.h"

#include "token_response.h"

#define TOKENS "\"access_token\":\"a1\",\"token_type\":\"Bearer\""
#define ERROR(name) "{\"error\":\"" name "\"}"

struct row {
    long status;
    const char *body;
    enum outcome outcome;
    const char *reason; /* a part of it, "" when granted */
};

static inline void judge(long status, const char *text, struct oauth_response *ret) {
    SCOPED_SECRET struct secret body = unit_secret(text);
    oauth_judge(status, &body, ret);
}

static inline void assert_row(const struct row *row) {
    SCOPED_OAUTH_RESPONSE struct oauth_response response = {0};
    judge(row->status, row->body, &response);
    if (response.outcome != row->outcome || !strstr(response.reason.text, row->reason))
        fail_msg("%ld %s: outcome %d (%s), not %d (%s)", row->status, row->body,
                 (int)response.outcome, response.reason.text, (int)row->outcome, row->reason);
    assert_int_equal(response.access.length > 0, row->outcome == OUTCOME_ANSWERED);
    assert_int_equal(response.reason.text[0] == '\0', row->outcome == OUTCOME_ANSWERED);
}

static inline void assert_rows(const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        assert_row(&rows[i]);
}

#endif
