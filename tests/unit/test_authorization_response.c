/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_authorization_response.c - authorization_response.c: an authorization response in an HTTP
 * request that any local process may have sent.
 */
#include "unit.h"

#include "authorization_response.h"

#define HOST "Host: 127.0.0.1:4711\r\n\r\n"

static enum authorization_response_kind read_text(const char *head,
                                                  struct authorization_response *ret) {
    authorization_response_clear(ret);
    return authorization_response_read(head, strlen(head), 4711, ret);
}

static void a_response_is_read_and_decoded(void **state) {
    (void)state;
    SCOPED_AUTHORIZATION_RESPONSE struct authorization_response redirect = {.code = {0}};
    assert_int_equal(read_text("GET /?code=a%2Fb%3d+c&state=s-1&iss=https%3A%2F%2Fx&more=1&flag "
                               "HTTP/1.1\r\n" HOST,
                               &redirect),
                     AUTHORIZATION_RESPONSE);
    assert_string_equal(secret_text(&redirect.code), "a/b= c");
    assert_string_equal(secret_text(&redirect.state), "s-1");
    assert_string_equal(secret_text(&redirect.issuer), "https://x");
    assert_int_equal(redirect.error.length, 0);
    assert_int_equal(read_text("GET /?error=access_denied&error_description=No.&state=s "
                               "HTTP/1.0\r\nX: y\r\nhOST:\tLOCALHOST:4711 \r\n\r\n",
                               &redirect),
                     AUTHORIZATION_RESPONSE);
    assert_string_equal(secret_text(&redirect.error), "access_denied");
    assert_string_equal(secret_text(&redirect.description), "No.");
    assert_int_equal(redirect.code.length, 0);
}

static void a_request_is_read_only_when_it_is_complete(void **state) {
    (void)state;
    static const char head[] = "GET /?code=c&state=s HTTP/1.1\r\n" HOST;
    SCOPED_AUTHORIZATION_RESPONSE struct authorization_response redirect = {.code = {0}};
    for (size_t size = 0; size < sizeof head - 1; size++) {
        /* On the heap, so that AddressSanitizer finds a read past the end. */
        SCOPED_SECRET struct secret part = unit_bytes(head, size);
        assert_int_equal(authorization_response_read(secret_text(&part), size, 4711, &redirect),
                         AUTHORIZATION_UNFINISHED);
    }
    assert_int_equal(read_text(head, &redirect), AUTHORIZATION_RESPONSE);
}

static void a_request_that_is_not_ours_is_strange_and_stores_nothing(void **state) {
    (void)state;
    static const char *const lines[] = {
        "GET / HTTP/1.1",
        "GET /? HTTP/1.1",
        "GET /?code=c HTTP/1.1",
        "GET /?state=s HTTP/1.1",
        "GET /?code=&state=s HTTP/1.1",
        "GET /?code=c&state= HTTP/1.1",
        "GET /?code=c&error=e&state=s HTTP/1.1",
        "GET /?code=c&code=d&state=s HTTP/1.1",
        "GET /?code=c&state=s&state=s HTTP/1.1",
        "GET /?code=%&state=s HTTP/1.1",
        "GET /?code=%4&state=s HTTP/1.1",
        "GET /?code=%4&state=s%4 HTTP/1.1",
        "GET /?code=%zz&state=s HTTP/1.1",
        "GET /?code=c%00&state=s HTTP/1.1",
        "GET /x?code=c&state=s HTTP/1.1",
        "GET //?code=c&state=s HTTP/1.1",
        "GET http://127.0.0.1:4711/?code=c&state=s HTTP/1.1",
        "get /?code=c&state=s HTTP/1.1",
        "POST /?code=c&state=s HTTP/1.1",
        "HEAD /?code=c&state=s HTTP/1.1",
    };
    SCOPED_AUTHORIZATION_RESPONSE struct authorization_response redirect = {.code = {0}};
    for (size_t i = 0; i < COUNT(lines); i++) {
        SCOPED_TEXT char *head = unit_text("%s\r\n%s", lines[i], HOST);
        if (read_text(head, &redirect) != AUTHORIZATION_STRANGE)
            fail_msg("not strange: %s", lines[i]);
        assert_int_equal(redirect.code.length + redirect.state.length, 0);
    }
}

static void a_request_that_is_not_http_for_this_host_is_malformed(void **state) {
    (void)state;
    static const char *const heads[] = {
        "\r\n\r\n",
        "GET /?code=c&state=s\r\n" HOST,
        "GET /?code=c&state=s HTTP/2.0\r\n" HOST,
        "GET /?code=c&state=s HTTP/1.1 x\r\n" HOST,
        "GET /?code=c&state=s HTTP/1.1\r\n\r\n",
        "GET /?code=c&state=s HTTP/1.1\n" HOST,
        "GET /?code=c\x01&state=s HTTP/1.1\r\n" HOST,
        "GET /?code=c&state=s HTTP/1.1\r\nno header\r\n" HOST,
        "GET /?code=c&state=s HTTP/1.1\r\n: empty\r\n" HOST,
        "GET /?code=c&state=s HTTP/1.1\r\nHost : 127.0.0.1:4711\r\n\r\n",
        "GET /?code=c&state=s HTTP/1.1\r\nHost: 127.0.0.1:4711\r\n" HOST,
        "GET /?code=c&state=s HTTP/1.1\r\nHost: evil.example\r\n" HOST,
        "GET /?code=c&state=s HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "GET /?code=c&state=s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "GET /?code=c&state=s HTTP/1.1\r\nHost: 127.0.0.1:47110\r\n\r\n",
        "GET /?code=c&state=s HTTP/1.1\r\nHost: 127.0.0.1:4711 x\r\n\r\n",
        "GET /?code=c&state=s HTTP/1.1\r\nHost: 127.0.0.1:471\r\n\r\n",
        "GET /?code=c&state=s HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /?code=c&state=s HTTP/1.1\r\nX: a\x7f\n\r\n" HOST,
    };
    SCOPED_AUTHORIZATION_RESPONSE struct authorization_response redirect = {.code = {0}};
    for (size_t i = 0; i < COUNT(heads); i++)
        if (read_text(heads[i], &redirect) != AUTHORIZATION_MALFORMED)
            fail_msg("not malformed: %s", heads[i]);
    assert_int_equal(
        authorization_response_read("GET / HTTP/1.1\r\n\0\r\n\r\n", 20, 4711, &redirect),
        AUTHORIZATION_MALFORMED);
}

static void a_request_head_has_a_maximum_size(void **state) {
    (void)state;
    SCOPED_AUTHORIZATION_RESPONSE struct authorization_response redirect = {.code = {0}};
    SCOPED_SECRET struct secret head = unit_filled('a', AUTHORIZATION_HEAD_MAX - 1);
    assert_int_equal(authorization_response_read(secret_text(&head), head.length, 4711, &redirect),
                     AUTHORIZATION_UNFINISHED);
    assert_int_equal(secret_append(&head, "a", 1, UNIT_SECRET_MAX), 0);
    assert_int_equal(authorization_response_read(secret_text(&head), head.length, 4711, &redirect),
                     AUTHORIZATION_MALFORMED);
    assert_int_equal(secret_append(&head, "\r\n\r\n", 4, UNIT_SECRET_MAX), 0);
    assert_int_equal(authorization_response_read(secret_text(&head), head.length, 4711, &redirect),
                     AUTHORIZATION_MALFORMED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_response_is_read_and_decoded),
        cmocka_unit_test(a_request_is_read_only_when_it_is_complete),
        cmocka_unit_test(a_request_that_is_not_ours_is_strange_and_stores_nothing),
        cmocka_unit_test(a_request_that_is_not_http_for_this_host_is_malformed),
        cmocka_unit_test(a_request_head_has_a_maximum_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
