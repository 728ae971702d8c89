/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * messages.c - decodes requests and encodes replies as fields of frames (protocol.h).
 */
#include "messages.h"

#include <errno.h>

static uint32_t get_duration(struct protocol_reader *reader) {
    uint32_t seconds = protocol_get_u32(reader);
    if (seconds != PROTOCOL_UNSET && seconds > PROTOCOL_DURATION_MAX)
        reader->bad = true;
    return seconds;
}

int request_decode(const uint8_t *fields, size_t size, struct request *ret) {
    struct protocol_reader reader = {.at = fields, .end = fields + size};
    size_t length = 0;

    ret->operation = protocol_get_enum(&reader, OPERATION_VERIFY, OPERATION_COUNT);
    protocol_get_text(&reader, ret->user, sizeof ret->user);
    protocol_get_text(&reader, ret->service, sizeof ret->service);
    ret->offline_grace = get_duration(&reader);
    ret->reuse_within = get_duration(&reader);
    ret->deadline = get_duration(&reader);
    const uint8_t *input = protocol_get_bytes(&reader, PROTOCOL_TOKEN_MAX, &length);
    if (!protocol_reader_done(&reader))
        return -EBADMSG;

    return secret_set(&ret->input, input, length, PROTOCOL_TOKEN_MAX);
}

void request_clear(struct request *request) {
    secret_clear(&request->input);
    *request = (struct request){.operation = 0};
}

void reply_encode(const void *fields, struct protocol_writer *writer) {
    const struct reply *reply = fields;
    protocol_put_u8(writer, (uint8_t)reply->verdict);
    protocol_put_u8(writer, (uint8_t)reply->source);
    protocol_put_u8(writer, reply->rotated);
    protocol_put_string(writer, reply->provider);
    protocol_put_string(writer, reply->reason.text);
    protocol_put_string(writer, reply->message);
    protocol_put_u64(writer, (uint64_t)reply->expires);
    protocol_put_string(writer, reply->scope);
    protocol_put_bytes(writer, reply->token.data, reply->token.length);
}

void entry_encode(const void *fields, struct protocol_writer *writer) {
    const struct entry *entry = fields;
    protocol_put_string(writer, entry->account);
    protocol_put_u32(writer, entry->uid);
    protocol_put_string(writer, entry->provider);
    protocol_put_string(writer, entry->subject);
    protocol_put_u64(writer, (uint64_t)entry->enrolled);
    protocol_put_u64(writer, (uint64_t)entry->last_granted);
    protocol_put_u64(writer, (uint64_t)entry->expires);
    protocol_put_u8(writer, (uint8_t)entry->last_verdict);
    protocol_put_u8(writer, (uint8_t)entry->state);
}

void finding_encode(const void *fields, struct protocol_writer *writer) {
    const struct finding *finding = fields;
    protocol_put_u8(writer, (uint8_t)finding->level);
    protocol_put_string(writer, finding->what);
    protocol_put_string(writer, finding->why);
    protocol_put_string(writer, finding->fix);
}

void session_action_encode(const void *fields, struct protocol_writer *writer) {
    const struct session_action *session = fields;
    protocol_put_u8(writer, (uint8_t)session->action);
    protocol_put_u32(writer, session->check_after);
}

void prompt_encode(const void *fields, struct protocol_writer *writer) {
    const struct prompt *prompt = fields;
    protocol_put_string(writer, prompt->address);
    protocol_put_string(writer, prompt->address_with_code);
    protocol_put_string(writer, prompt->code);
    protocol_put_u32(writer, prompt->seconds);
    protocol_put_u32(writer, prompt->port);
}

void notice_encode(const void *fields, struct protocol_writer *writer) {
    const struct notice *notice = fields;
    protocol_put_u32(writer, notice->milliseconds);
    protocol_put_string(writer, notice->provider);
}
