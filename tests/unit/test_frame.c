/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_frame.c - frame.c: frames from a peer that may send anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "frame.h"

static int receive_bytes(const void *bytes, size_t size, struct protocol_reader *ret) {
    static struct frame frame;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[0], bytes, size), (ssize_t)size);
    close(pair[0]);
    int r = frame_receive(pair[1], &frame, clock_boot_ms() + 5000, ret);
    close(pair[1]);
    return r;
}

#define RECEIVE(bytes, ret) receive_bytes(bytes, sizeof(bytes) - 1, ret)

static void a_frame_arrives_as_it_was_sent(void **state) {
    int pair[2];
    struct protocol_reader fields;
    SCOPED_FRAME struct frame *frame = frame_new();
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct protocol_writer writer = frame_begin(frame, PROTOCOL_REPLY);
    protocol_put_u32(&writer, 4711);
    assert_int_equal(frame_send(pair[0], frame, &writer, clock_boot_ms() + 5000), 0);
    assert_int_equal(frame_receive(pair[1], frame, clock_boot_ms() + 5000, &fields),
                     PROTOCOL_REPLY);
    assert_int_equal(protocol_get_u32(&fields), 4711);
    assert_true(protocol_reader_done(&fields));
    close(pair[0]);
    close(pair[1]);
}

static void a_malformed_frame_is_refused(void **state) {
    struct protocol_reader fields;
    (void)state;
    assert_int_equal(RECEIVE("\0\0\0\1\1", &fields), -EBADMSG);
    assert_int_equal(RECEIVE("\377\377\377\377\1\4", &fields), -EBADMSG);
    assert_int_equal(RECEIVE("\0\0\220\1\1\4", &fields), -EBADMSG);
    assert_int_equal(RECEIVE("\0\0\0\2\2\4", &fields), -EBADMSG);
    assert_int_equal(RECEIVE("\0\0\0\2\1\1", &fields), PROTOCOL_REQUEST);
    assert_int_equal(RECEIVE("\0\0\0\2\1\10", &fields), -EBADMSG);
    assert_int_equal(RECEIVE("\0\0\0\2\1\0", &fields), -EBADMSG);
    assert_int_equal(RECEIVE("\0\0\0\2\1\2", &fields), PROTOCOL_NOTICE);
}

static void an_incomplete_frame_is_a_closed_connection(void **state) {
    struct protocol_reader fields;
    (void)state;
    assert_int_equal(RECEIVE("", &fields), -ECONNRESET);
    assert_int_equal(RECEIVE("\0\0", &fields), -ECONNRESET);
    assert_int_equal(RECEIVE("\0\0\0\11\1\4abc", &fields), -ECONNRESET);
}

static void receiving_ends_at_the_deadline(void **state) {
    int pair[2];
    struct protocol_reader fields;
    SCOPED_FRAME struct frame *frame = frame_new();
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[0], "\0\0\0\11\1", 5), 5);
    int64_t before = clock_boot_ms();
    assert_int_equal(frame_receive(pair[1], frame, before + 50, &fields), -ETIMEDOUT);
    assert_true(clock_boot_ms() >= before + 50);
    close(pair[0]);
    close(pair[1]);
}

static void a_frame_that_is_too_large_is_not_sent(void **state) {
    static const uint8_t much[PROTOCOL_FRAME_MAX];
    int pair[2];
    SCOPED_FRAME struct frame *frame = frame_new();
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    struct protocol_writer writer = frame_begin(frame, PROTOCOL_REQUEST);
    protocol_put_bytes(&writer, much, sizeof much);
    assert_int_equal(frame_send(pair[0], frame, &writer, clock_boot_ms() + 5000), -EMSGSIZE);
    close(pair[0]);
    close(pair[1]);
}

static void a_closed_peer_is_an_error_and_raises_no_signal(void **state) {
    int pair[2];
    SCOPED_FRAME struct frame *frame = frame_new();
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    struct protocol_writer writer = frame_begin(frame, PROTOCOL_REQUEST);
    assert_int_equal(frame_send(pair[0], frame, &writer, clock_boot_ms() + 5000), -EPIPE);
    close(pair[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_arrives_as_it_was_sent),
        cmocka_unit_test(a_malformed_frame_is_refused),
        cmocka_unit_test(an_incomplete_frame_is_a_closed_connection),
        cmocka_unit_test(receiving_ends_at_the_deadline),
        cmocka_unit_test(a_frame_that_is_too_large_is_not_sent),
        cmocka_unit_test(a_closed_peer_is_an_error_and_raises_no_signal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
