/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_messages.c - messages.c: a request is complete and within its limits, or it is refused.
 */
#include "unit.h"

#include <errno.h>

#include "messages.h"

enum { ROOM = PROTOCOL_FRAME_MAX };

struct sent {
    int operation;
    const char *user;
    uint32_t seconds;
    struct secret input;
    size_t size;
    uint8_t fields[ROOM];
};

static void encode(struct sent *sent) {
    struct protocol_writer writer = {.at = sent->fields, .end = sent->fields + ROOM};
    protocol_put_u8(&writer, (uint8_t)sent->operation);
    protocol_put_string(&writer, sent->user);
    protocol_put_string(&writer, "sshd");
    protocol_put_u32(&writer, PROTOCOL_UNSET);
    protocol_put_u32(&writer, 0);
    protocol_put_u32(&writer, sent->seconds);
    protocol_put_bytes(&writer, sent->input.data, sent->input.length);
    assert_false(writer.overflow);
    sent->size = (size_t)(writer.at - sent->fields);
}

static int decode(struct sent *sent, struct request *ret) {
    encode(sent);
    return request_decode(sent->fields, sent->size, ret);
}

static void assert_refused(struct sent *sent) {
    struct request request = {0};
    assert_int_equal(decode(sent, &request), -EBADMSG);
    assert_int_equal(request.input.length, 0);
}

static void a_request_is_decoded_as_it_was_sent(void **state) {
    (void)state;
    static struct sent sent = {
        .operation = OPERATION_IMPORT, .user = "alice", .seconds = PROTOCOL_DURATION_MAX};
    struct request request = {0};
    sent.input = unit_filled('t', PROTOCOL_TOKEN_MAX);
    assert_int_equal(decode(&sent, &request), 0);
    assert_int_equal(request.operation, OPERATION_IMPORT);
    assert_string_equal(request.user, "alice");
    assert_string_equal(request.service, "sshd");
    assert_int_equal(request.offline_grace, PROTOCOL_UNSET);
    assert_int_equal(request.reuse_within, 0);
    assert_int_equal(request.deadline, PROTOCOL_DURATION_MAX);
    assert_true(secret_equal(&request.input, &sent.input));
    request_clear(&request);
    assert_int_equal(request.input.length, 0);
    secret_clear(&sent.input);
}

static void a_request_cut_off_or_followed_by_more_bytes_is_refused(void **state) {
    (void)state;
    static struct sent sent = {.operation = OPERATION_VERIFY, .user = "alice", .seconds = 10};
    struct request request = {0};
    encode(&sent);
    for (size_t size = 0; size < sent.size; size++) {
        SCOPED_SECRET struct secret cut = unit_bytes(sent.fields, size);
        assert_int_equal(request_decode(cut.data, size, &request), -EBADMSG);
    }
    assert_int_equal(request_decode(sent.fields, sent.size + 1, &request), -EBADMSG);
    assert_int_equal(request_decode(sent.fields, sent.size, &request), 0);
    request_clear(&request);
}

static void a_field_over_its_limit_is_refused(void **state) {
    (void)state;
    static struct sent sent = {.operation = OPERATION_VERIFY, .user = "alice", .seconds = 10};
    SCOPED_SECRET struct secret name = unit_filled('n', PROTOCOL_NAME_MAX + 1);
    SCOPED_SECRET struct secret token = unit_filled('t', PROTOCOL_TOKEN_MAX + 1);
    static const int operations[] = {0, OPERATION_COUNT, 255};
    for (size_t i = 0; i < COUNT(operations); i++) {
        sent.operation = operations[i];
        assert_refused(&sent);
    }
    sent.operation = OPERATION_VERIFY;
    sent.seconds = PROTOCOL_DURATION_MAX + 1;
    assert_refused(&sent);
    sent.seconds = PROTOCOL_UNSET - 1;
    assert_refused(&sent);
    sent.seconds = 10;
    sent.user = secret_text(&name);
    assert_refused(&sent);
    sent.user = "alice";
    sent.input = token;
    assert_refused(&sent);
}

static void the_largest_encoded_reply_fits_a_frame(void **state) {
    (void)state;
    static uint8_t fields[PROTOCOL_FRAME_MAX - 2]; /* without version and type */
    struct reply reply = {.verdict = VERDICT_GRANTED,
                          .token = unit_filled('t', PROTOCOL_TOKEN_MAX)};
    memset(reply.provider, 'p', sizeof reply.provider - 1);
    memset(reply.reason.text, 'r', sizeof reply.reason.text - 1);
    memset(reply.message, 'm', sizeof reply.message - 1);
    struct protocol_writer writer = {.at = fields, .end = fields + sizeof fields};
    reply_encode(&reply, &writer);
    assert_false(writer.overflow);
    secret_clear(&reply.token);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_decoded_as_it_was_sent),
        cmocka_unit_test(a_request_cut_off_or_followed_by_more_bytes_is_refused),
        cmocka_unit_test(a_field_over_its_limit_is_refused),
        cmocka_unit_test(the_largest_encoded_reply_fits_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
