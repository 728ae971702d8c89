/* fuzz_question.c - the fields of a REQUEST, from a peer that may be anybody. */
#include <stdlib.h>

#include "question.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct question question = {.operation = 0};
    if (question_decode(data, size, &question) == 0 &&
        (question.operation < OPERATION_VERIFY || question.operation >= OPERATION_COUNT ||
         strlen(question.user) > PROTOCOL_NAME_MAX || question.input.length > PROTOCOL_TOKEN_MAX))
        abort();
    question_clear(&question);
    return 0;
}
