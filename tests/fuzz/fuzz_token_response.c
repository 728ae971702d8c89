/* fuzz_token_answer.c - whatever a provider answers: judged, and never half a grant. */
#include "fuzz.h"
#include "token_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const long statuses[] = {200, 400, 401, 403, 429, 503};
    SCOPED_OAUTH_ANSWER struct oauth_answer answer = {0};
    SCOPED_SECRET struct secret body = {0};
    if (size == 0 || secret_set(&body, data + 1, size - 1, 65536) < 0)
        return 0;
    oauth_judge(statuses[data[0] % 6], &body, &answer);
    bool granted = answer.verdict == VERDICT_GRANTED;
    PROMISE(answer.verdict != VERDICT_NONE && granted == (answer.access.length > 0));
    PROMISE(!granted || (secret_is_token(&answer.access) && answer.expires_in > 0));
    PROMISE(answer.refresh.length == 0 || secret_is_token(&answer.refresh));
    return 0;
}
