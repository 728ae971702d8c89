/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * record.c - encodes and decodes the record of an account by a table of fields.
 */
#include "record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum field_type { FIELD_SECRET, FIELD_TEXT, FIELD_NUMBER };

struct field {
    uint8_t tag; /* on disk: MUST never be used again for another purpose */
    enum field_type type;
    size_t offset;
    size_t size; /* of a text, with its NUL */
};

/* Versions of clang-format disagree about the braces of a macro. */
/* clang-format off */
#define FIELD(tag, type, member) \
    { tag, type, offsetof(struct record, member), sizeof(((struct record *)0)->member) }
/* clang-format on */

static const struct field fields[] = {
    FIELD(1, FIELD_SECRET, grant.refresh),
    FIELD(2, FIELD_TEXT, issuer),
    FIELD(3, FIELD_TEXT, subject),
    FIELD(4, FIELD_TEXT, grant.scope),
    FIELD(5, FIELD_NUMBER, enrolled),
    FIELD(6, FIELD_SECRET, grant.access),
    FIELD(7, FIELD_NUMBER, grant.expires),
    FIELD(8, FIELD_NUMBER, last_verdict),
    FIELD(9, FIELD_TEXT, last_reason),
    FIELD(10, FIELD_NUMBER, last_granted),
    FIELD(11, FIELD_TEXT, judged.boot),
    FIELD(12, FIELD_NUMBER, judged.ms),
    FIELD(13, FIELD_TEXT, unreachable.boot),
    FIELD(14, FIELD_NUMBER, unreachable.ms),
    FIELD(15, FIELD_TEXT, unreachable_reason),
    FIELD(16, FIELD_TEXT, misconfigured.boot),
    FIELD(17, FIELD_NUMBER, misconfigured.ms),
    FIELD(18, FIELD_TEXT, misconfigured_reason),
    FIELD(19, FIELD_TEXT, misconfigured_settings),
    FIELD(20, FIELD_NUMBER, misconfigured_times),
    FIELD(21, FIELD_NUMBER, grant.in_flight),
    FIELD(22, FIELD_SECRET, pending.refresh),
    FIELD(23, FIELD_TEXT, pending_digest),
    FIELD(24, FIELD_TEXT, discovered_issuer),
    FIELD(25, FIELD_TEXT, token_endpoint),
    FIELD(26, FIELD_TEXT, userinfo_endpoint),
    FIELD(27, FIELD_NUMBER, discovered),
    FIELD(28, FIELD_SECRET, pending.access),
    FIELD(29, FIELD_NUMBER, pending.expires),
    FIELD(30, FIELD_TEXT, pending.scope),
    FIELD(31, FIELD_TEXT, imported_digest),
    FIELD(32, FIELD_NUMBER, pending.in_flight),
    FIELD(33, FIELD_TEXT, introspection_endpoint),
    FIELD(34, FIELD_TEXT, device_authorization_endpoint),
    FIELD(35, FIELD_TEXT, judged_settings),
    FIELD(36, FIELD_TEXT, revocation_endpoint),
    FIELD(37, FIELD_NUMBER, id_token_issued),
    FIELD(38, FIELD_TEXT, jwks_uri),
    FIELD(39, FIELD_TEXT, keys),
    FIELD(40, FIELD_TEXT, keys_from),
    FIELD(41, FIELD_NUMBER, keys_fetched),
    FIELD(42, FIELD_TEXT, pending_issuer),
};

enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static void *field_of(struct record *record, const struct field *field) {
    return (char *)record + field->offset;
}

static const void *field_in(const struct record *record, const struct field *field) {
    return (const char *)record + field->offset;
}

void record_grant_clear(struct record_grant *grant) {
    secret_clear(&grant->refresh);
    secret_clear(&grant->access);
    secret_clear(&grant->id_token);
    *grant = (struct record_grant){.expires = 0};
}

void record_clear(struct record *record) {
    record_grant_clear(&record->grant);
    record_grant_clear(&record->pending);
    explicit_bzero(record, sizeof *record);
}

size_t record_size(const struct record *record) {
    size_t size = 0;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const void *value = field_in(record, &fields[i]);
        size += 5; /* tag and size */
        if (fields[i].type == FIELD_NUMBER)
            size += 8;
        else
            size += fields[i].type == FIELD_TEXT ? strlen(value)
                                                 : ((const struct secret *)value)->length;
    }
    return size;
}

static void put_field(struct protocol_writer *writer, const struct record *record,
                      const struct field *field) {
    const void *value = field_in(record, field);
    const struct secret *secret = value;
    int64_t number = 0;

    protocol_put_u8(writer, field->tag);
    switch (field->type) {
    case FIELD_SECRET: /* a longer one could not be read back, so it must not be written */
        writer->overflow |= secret->length > PROTOCOL_TOKEN_MAX;
        protocol_put_bytes(writer, secret->data, secret->length);
        break;
    case FIELD_TEXT:
        protocol_put_string(writer, value);
        break;
    case FIELD_NUMBER:
        memcpy(&number, value, sizeof number);
        protocol_put_u32(writer, 8);
        protocol_put_u64(writer, (uint64_t)number);
        break;
    }
}

int record_encode(const struct record *record, struct secret *ret) {
    uint8_t *bytes = malloc(RECORD_ENCODED_MAX);
    if (!bytes)
        return -ENOMEM;

    struct protocol_writer writer = {.at = bytes, .end = bytes + RECORD_ENCODED_MAX};
    for (size_t i = 0; i < FIELD_COUNT; i++)
        put_field(&writer, record, &fields[i]);

    size_t size = (size_t)(writer.at - bytes);
    int r = writer.overflow ? -E2BIG : secret_set(ret, bytes, size, size);
    explicit_bzero(bytes, RECORD_ENCODED_MAX);
    free(bytes);
    return r;
}

static const struct field *find_field(uint8_t tag) {
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (fields[i].tag == tag)
            return &fields[i];
    return NULL;
}

static int get_field(struct protocol_reader *reader, struct record *record) {
    const struct field *field = find_field(protocol_get_u8(reader));
    if (!field)
        return reader->bad ? -EBADMSG : -EPROTONOSUPPORT;

    void *value = field_of(record, field);
    size_t size = 0;
    if (field->type == FIELD_TEXT) {
        protocol_get_text(reader, value, field->size);
        return reader->bad ? -EBADMSG : 0;
    }

    const uint8_t *bytes = protocol_get_bytes(reader, PROTOCOL_TOKEN_MAX, &size);
    if (!bytes || (field->type == FIELD_NUMBER && size != 8))
        return -EBADMSG;
    if (field->type == FIELD_SECRET)
        return secret_set(value, bytes, size, PROTOCOL_TOKEN_MAX);

    struct protocol_reader inner = {.at = bytes, .end = bytes + size};
    int64_t number = (int64_t)protocol_get_u64(&inner);
    memcpy(value, &number, sizeof number);
    return 0;
}

int record_decode(const struct secret *encoded, struct record *ret) {
    if (encoded->length == 0)
        return 0;
    struct protocol_reader reader = {.at = encoded->data, .end = encoded->data + encoded->length};
    int r = 0;
    while (r == 0 && reader.at < reader.end)
        r = get_field(&reader, ret);
    if (r < 0)
        record_clear(ret);
    return r;
}
