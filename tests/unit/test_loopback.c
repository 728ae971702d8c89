/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_loopback.c - loopback.c: the events that end the wait for a browser's response.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "clock.h"
#include "loopback.h"

enum { LONG_MS = 60000 };

static int connect_to(const struct loopback *loopback) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)loopback_port(loopback))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_response(const struct loopback *loopback, int fd, const char *state) {
    SCOPED_TEXT char *head =
        unit_text("GET /?code=c&state=%s HTTP/1.1\r\nHost: localhost:%u\r\n\r\n", state,
                  loopback_port(loopback));
    assert_int_equal(send(fd, head, strlen(head), 0), strlen(head));
}

static void only_a_response_with_our_state_ends_the_wait(void **state) {
    (void)state;
    static const char *const wrong[] = {"s", "s43x", "S43", "s4", "s44"};
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct peer peer = {.fd = pair[0]};
    SCOPED_LOOPBACK struct loopback *loopback = NULL;
    SCOPED_AUTHORIZATION_RESPONSE struct authorization_response redirect = {.code = {0}};
    SCOPED_SECRET struct secret ours = unit_secret("s43");
    assert_int_equal(loopback_open(0, &loopback), 0);
    int fds[COUNT(wrong) + 1];
    for (size_t i = 0; i < COUNT(wrong); i++) {
        fds[i] = connect_to(loopback);
        send_response(loopback, fds[i], wrong[i]);
    }
    fds[COUNT(wrong)] = connect_to(loopback);
    send_response(loopback, fds[COUNT(wrong)], "s43");
    assert_int_equal(loopback_wait(loopback, &ours, &peer, clock_boot_ms() + LONG_MS, &redirect),
                     0);
    assert_string_equal(secret_text(&redirect.state), "s43");
    for (size_t i = 0; i < COUNT(fds); i++) {
        char reply[13] = "";
        assert_int_equal(recv(fds[i], reply, 12, MSG_WAITALL), 12);
        assert_string_equal(reply, i < COUNT(wrong) ? "HTTP/1.1 404" : "HTTP/1.1 200");
        close(fds[i]);
    }
    close(pair[0]);
    close(pair[1]);
}

static void a_wait_ends_at_its_deadline_or_when_the_peer_hangs_up(void **state) {
    (void)state;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct peer peer = {.fd = pair[0]};
    SCOPED_LOOPBACK struct loopback *first = NULL;
    SCOPED_LOOPBACK struct loopback *second = NULL;
    SCOPED_AUTHORIZATION_RESPONSE struct authorization_response redirect = {.code = {0}};
    SCOPED_SECRET struct secret ours = unit_secret("s43");
    assert_int_equal(loopback_open(0, &first), 0);
    assert_int_equal(loopback_wait(first, &ours, &peer, clock_boot_ms() + 50, &redirect),
                     -ETIMEDOUT);
    close(pair[1]);
    assert_int_equal(loopback_open(0, &second), 0);
    assert_int_equal(loopback_wait(second, &ours, &peer, clock_boot_ms() + LONG_MS, &redirect),
                     -ECONNRESET);
    close(pair[0]);
}

static void a_port_can_be_opened_only_once(void **state) {
    (void)state;
    SCOPED_LOOPBACK struct loopback *first = NULL;
    SCOPED_LOOPBACK struct loopback *second = NULL;
    assert_int_equal(loopback_open(0, &first), 0);
    assert_true(loopback_port(first) >= 1024);
    assert_int_equal(loopback_open(loopback_port(first), &second), -EADDRINUSE);
    assert_null(second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_response_with_our_state_ends_the_wait),
        cmocka_unit_test(a_wait_ends_at_its_deadline_or_when_the_peer_hangs_up),
        cmocka_unit_test(a_port_can_be_opened_only_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
