/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_device_authorization.c - device_authorization.c: the numbers of the response to a device
 * authorization request.
 */
#include "unit.h"

#include "device_authorization.h"

static void expires_in_and_interval_are_read_by_one_rule(void **state) {
    static const struct {
        const char *sent;
        uint32_t seconds, interval;
    } rows[] = {
        {"1", 1, 1},
        {"20", 20, 20},
        {"20.9", 20, 20},
        {"1799", 1799, 60},
        {"1800", 1800, 60},
        {"18446744073709551615", 1800, 60},
        {"18446744073709551616", 1800, 60},
        {"123456789012345678901234567890", 1800, 60},
        {"0", 300, 5},
        {"0.5", 300, 5},
        {"-1", 300, 5},
        {"-9223372036854775809", 300, 5},
        {"\"20\"", 300, 5},
        {"null", 300, 5},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        SCOPED_TEXT char *text =
            unit_text("{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_uri\":"
                      "\"https://example.com\",\"expires_in\":%s,\"interval\":%s}",
                      rows[i].sent, rows[i].sent);
        SCOPED_SECRET struct secret body = unit_secret(text);
        SCOPED_DEVICE_AUTHORIZATION struct device_authorization flow = {.interval = 0};
        struct reason reason = {""};
        assert_true(device_authorization_parse(200, &body, &flow, &reason));
        assert_int_equal(flow.prompt.seconds, rows[i].seconds);
        assert_int_equal(flow.interval, rows[i].interval);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expires_in_and_interval_are_read_by_one_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
