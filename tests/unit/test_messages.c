/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_messages.c - messages.c: a question is whole and within its limits, or it is none.
 */
#include "unit.h"

#include <errno.h>

#include "messages.h"

enum { ROOM = PROTOCOL_FRAME_MAX };

struct asked {
    int operation;
    const char *user;
    uint32_t seconds;
    struct secret input;
    size_t size;
    uint8_t fields[ROOM];
};

static void encode(struct asked *asked) {
    struct protocol_writer writer = {.at = asked->fields, .end = asked->fields + ROOM};
    protocol_put_u8(&writer, (uint8_t) asked->operation);
    protocol_put_string(&writer, asked->user);
    protocol_put_string(&writer, "sshd");
    protocol_put_u32(&writer, PROTOCOL_UNSET);
    protocol_put_u32(&writer, 0);
    protocol_put_u32(&writer, asked->seconds);
    protocol_put_bytes(&writer, asked->input.data, asked->input.length);
    assert_false(writer.overflow);
    asked->size = (size_t) (writer.at - asked->fields);
}

static int decode(struct asked *asked, struct request *ret) {
    encode(asked);
    return request_decode(asked->fields, asked->size, ret);
}

static void assert_refused(struct asked *asked) {
    struct request request = {0};
    assert_int_equal(decode(asked, &request), -EBADMSG);
    assert_int_equal(request.input.length, 0);
}

static void a_question_arrives_as_it_was_asked(void **state) {
    (void) state;
    static struct asked asked = {
        .operation = OPERATION_IMPORT, .user = "alice", .seconds = PROTOCOL_DURATION_MAX};
    struct request request = {0};
    asked.input = unit_filled('t', PROTOCOL_TOKEN_MAX);
    assert_int_equal(decode(&asked, &request), 0);
    assert_int_equal(request.operation, OPERATION_IMPORT);
    assert_string_equal(request.user, "alice");
    assert_string_equal(request.service, "sshd");
    assert_int_equal(request.offline_grace, PROTOCOL_UNSET);
    assert_int_equal(request.reuse_within, 0);
    assert_int_equal(request.deadline, PROTOCOL_DURATION_MAX);
    assert_true(secret_equal(&request.input, &asked.input));
    request_clear(&request);
    assert_int_equal(request.input.length, 0);
    secret_clear(&asked.input);
}

static void a_question_cut_at_any_byte_or_with_more_behind_it_is_none(void **state) {
    (void) state;
    static struct asked asked = {.operation = OPERATION_VERIFY, .user = "alice", .seconds = 10};
    struct request request = {0};
    encode(&asked);
    for (size_t size = 0; size < asked.size; size++) {
        SCOPED_SECRET struct secret cut = unit_bytes(asked.fields, size);
        assert_int_equal(request_decode(cut.data, size, &request), -EBADMSG);
    }
    assert_int_equal(request_decode(asked.fields, asked.size + 1, &request), -EBADMSG);
    assert_int_equal(request_decode(asked.fields, asked.size, &request), 0);
    request_clear(&request);
}

static void what_is_over_its_limit_is_refused(void **state) {
    (void) state;
    static struct asked asked = {.operation = OPERATION_VERIFY, .user = "alice", .seconds = 10};
    SCOPED_SECRET struct secret name = unit_filled('n', PROTOCOL_NAME_MAX + 1);
    SCOPED_SECRET struct secret token = unit_filled('t', PROTOCOL_TOKEN_MAX + 1);
    static const int operations[] = {0, OPERATION_COUNT, 255};
    for (size_t i = 0; i < COUNT(operations); i++) {
        asked.operation = operations[i];
        assert_refused(&asked);
    }
    asked.operation = OPERATION_VERIFY;
    asked.seconds = PROTOCOL_DURATION_MAX + 1;
    assert_refused(&asked);
    asked.seconds = PROTOCOL_UNSET - 1;
    assert_refused(&asked);
    asked.seconds = 10;
    asked.user = secret_text(&name);
    assert_refused(&asked);
    asked.user = "alice";
    asked.input = token;
    assert_refused(&asked);
}

static void the_largest_answer_fits_a_frame(void **state) {
    (void) state;
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
        cmocka_unit_test(a_question_arrives_as_it_was_asked),
        cmocka_unit_test(a_question_cut_at_any_byte_or_with_more_behind_it_is_none),
        cmocka_unit_test(what_is_over_its_limit_is_refused),
        cmocka_unit_test(the_largest_answer_fits_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
