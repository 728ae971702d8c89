/* fuzz_question.c - the fields of a REQUEST, from a peer that may be anybody. */
#include "fuzz.h"
#include "messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct question question = {.operation = 0};
    if (question_decode(data, size, &question) == 0) {
        PROMISE(question.operation >= OPERATION_VERIFY && question.operation < OPERATION_COUNT);
        PROMISE(strnlen(question.user, sizeof question.user) <= PROTOCOL_NAME_MAX);
        PROMISE(question.input.length <= PROTOCOL_TOKEN_MAX);
    }
    question_clear(&question);
    return 0;
}
