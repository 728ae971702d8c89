/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_authorization_response.c - an HTTP request that any local process may send to the loopback:
 * read as a complete response, or not stored at all.
 */
#include <stdlib.h>
#include <string.h>

#include "authorization_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SCOPED_AUTHORIZATION_RESPONSE struct authorization_response redirect = {.code = {0}};
    const char *head = (const char *)data;
    enum authorization_response_kind kind =
        authorization_response_read(head, size, 4711, &redirect);
    bool code = redirect.code.length > 0, error = redirect.error.length > 0;
    bool ended = memmem(head, size, "\r\n\r\n", 4) != NULL;
    if (kind == AUTHORIZATION_RESPONSE
            ? !ended || size > AUTHORIZATION_HEAD_MAX || redirect.state.length == 0 ||
                  code == error || strlen(secret_text(&redirect.state)) != redirect.state.length
            : code || error || redirect.state.length > 0)
        abort();
    if (kind == AUTHORIZATION_UNFINISHED && (ended || size >= AUTHORIZATION_HEAD_MAX))
        abort();
    return 0;
}
