/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_token_response.c - any token response: gets a verdict, and never half a grant. */
#include "fuzz.h"
#include "token_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const long statuses[] = {200, 400, 401, 403, 429, 503};
    SCOPED_OAUTH_RESPONSE struct oauth_response response = {0};
    SCOPED_SECRET struct secret body = {0};
    if (size == 0 || secret_set(&body, data + 1, size - 1, 65536) < 0)
        return 0;
    oauth_judge(statuses[data[0] % 6], &body, &response);
    bool granted = response.outcome == OUTCOME_ANSWERED;
    PROMISE(response.outcome != OUTCOME_FAILED && granted == (response.access.length > 0));
    PROMISE(!granted || (secret_is_token(&response.access) && response.expires_in > 0));
    PROMISE(response.refresh.length == 0 || secret_is_token(&response.refresh));
    return 0;
}
