/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_request.c - the fields of a REQUEST, which any peer may have sent. */
#include "fuzz.h"
#include "messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct request request = {.operation = 0};
    if (request_decode(data, size, &request) == 0) {
        PROMISE(request.operation >= OPERATION_VERIFY && request.operation < OPERATION_COUNT);
        PROMISE(strnlen(request.user, sizeof request.user) <= PROTOCOL_NAME_MAX);
        PROMISE(request.input.length <= PROTOCOL_TOKEN_MAX);
    }
    request_clear(&request);
    return 0;
}
