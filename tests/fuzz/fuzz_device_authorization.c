/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_device_authorization.c - a device authorization response: the user is shown an https address
 * and a printable code, for a bounded time. The first byte chooses the HTTP status.
 */
#include "device_authorization.h"
#include "fuzz.h"

static bool is_address(const char *address) {
    return strncmp(address, "https://", 8) == 0 && !strchr(address, ' ');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const long statuses[] = {200, 400, 503};
    SCOPED_DEVICE_AUTHORIZATION struct device_authorization device = {.interval = 0};
    SCOPED_SECRET struct secret body = {0};
    struct reason reason = {""};
    const struct prompt *prompt = &device.prompt;
    if (size == 0 || secret_set(&body, data + 1, size - 1, HTTP_BODY_MAX) < 0)
        return -1;
    if (!device_authorization_parse(statuses[data[0] % 3], &body, &device, &reason)) {
        PROMISE(reason.text[0] != '\0' && FUZZ_PRINTABLE(reason.text));
        return 0;
    }
    PROMISE(FUZZ_PRINTABLE(prompt->address) && is_address(prompt->address));
    PROMISE(FUZZ_PRINTABLE(prompt->address_with_code) &&
            (prompt->address_with_code[0] == '\0' || is_address(prompt->address_with_code)));
    PROMISE(FUZZ_PRINTABLE(prompt->code) && prompt->code[0] != '\0' && prompt->port == 0);
    PROMISE(prompt->seconds > 0 && prompt->seconds <= PROTOCOL_PROMPT_MAX);
    PROMISE(device.interval > 0 && device.interval <= 60 && device.code.length > 0);
    return 0;
}
