/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_record.c - record.c: a record is decoded exactly as it was encoded, or refused.
 */
#include "unit.h"

#include <errno.h>

#include "record.h"
#include "text.h"

/* Fills a text to its last byte with a letter that no other text has. */
#define FILL(text, letter)                      \
    do {                                        \
        memset(text, letter, sizeof(text) - 1); \
        (text)[sizeof(text) - 1] = '\0';        \
    } while (0)

static void fill_texts(struct record *record) {
    FILL(record->issuer, 'a');
    FILL(record->subject, 'b');
    FILL(record->grant.scope, 'c');
    FILL(record->last_reason, 'd');
    FILL(record->judged.boot, 'e');
    FILL(record->unreachable.boot, 'f');
    FILL(record->unreachable_reason, 'g');
    FILL(record->misconfigured.boot, 'h');
    FILL(record->misconfigured_reason, 'i');
    FILL(record->misconfigured_settings, 'j');
    FILL(record->pending_digest, 'k');
    FILL(record->pending_issuer, 'w');
    FILL(record->pending.scope, 'l');
    FILL(record->discovered_issuer, 'm');
    FILL(record->token_endpoint, 'n');
    FILL(record->userinfo_endpoint, 'o');
    FILL(record->imported_digest, 'p');
}

static void fill_numbers(struct record *record) {
    record->enrolled = INT64_MAX;
    record->grant.expires = INT64_MIN;
    record->last_verdict = VERDICT_REAUTHORIZE;
    record->last_granted = 1;
    record->judged.ms = -1;
    record->unreachable.ms = 2;
    record->misconfigured.ms = 3;
    record->misconfigured_times = 4;
    record->grant.in_flight = 5;
    record->pending.expires = 6;
    record->discovered = 7;
}

/* Makes a record with every field at its limit. */
static void fill(struct record *record) {
    memset(record, 0, sizeof *record);
    fill_texts(record);
    fill_numbers(record);
    record->grant.refresh = unit_filled('1', PROTOCOL_TOKEN_MAX);
    record->grant.access = unit_filled('2', PROTOCOL_TOKEN_MAX);
    record->pending.refresh = unit_filled('3', PROTOCOL_TOKEN_MAX);
    record->pending.access = unit_filled('4', PROTOCOL_TOKEN_MAX);
}

/* Compares all but the secrets byte by byte, so that a member that is not stored is noticed. */
static void assert_same(const struct record *a, const struct record *b) {
    static struct record x, y;
    assert_true(secret_equal(&a->grant.refresh, &b->grant.refresh));
    assert_true(secret_equal(&a->grant.access, &b->grant.access));
    assert_true(secret_equal(&a->pending.refresh, &b->pending.refresh));
    assert_true(secret_equal(&a->pending.access, &b->pending.access));
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    x.grant.refresh = x.grant.access = (struct secret){0};
    y.grant.refresh = y.grant.access = (struct secret){0};
    x.pending.refresh = x.pending.access = (struct secret){0};
    y.pending.refresh = y.pending.access = (struct secret){0};
    assert_memory_equal(&x, &y, sizeof x);
}

static void assert_empty(const struct record *record) {
    static const struct record empty;
    assert_memory_equal(record, &empty, sizeof empty);
}

static void a_record_with_every_field_at_its_limit_is_decoded_unchanged(void **state) {
    (void)state;
    SCOPED_RECORD struct record record, again = {0};
    SCOPED_SECRET struct secret encoded = {0};
    fill(&record);
    assert_int_equal(record_encode(&record, &encoded), 0);
    assert_true(encoded.length <= RECORD_ENCODED_MAX);
    assert_int_equal(record_size(&record), encoded.length);
    assert_int_equal(record_decode(&encoded, &again), 0);
    assert_same(&record, &again);
}

static void an_empty_record_is_decoded_as_empty(void **state) {
    (void)state;
    SCOPED_RECORD struct record record = {0}, again = {0};
    SCOPED_SECRET struct secret encoded = unit_secret("older");
    assert_int_equal(record_encode(&record, &encoded), 0);
    assert_int_equal(record_decode(&encoded, &again), 0);
    assert_int_equal(again.grant.refresh.length, 0);
    secret_clear(&again.grant.refresh);
    secret_clear(&again.grant.access);
    secret_clear(&again.pending.refresh);
    secret_clear(&again.pending.access);
    assert_empty(&again);
}

static void the_generation_is_not_encoded(void **state) {
    (void)state;
    SCOPED_RECORD struct record record = {.generation = 9}, again = {0};
    SCOPED_SECRET struct secret encoded = {0};
    assert_int_equal(record_encode(&record, &encoded), 0);
    assert_int_equal(record_decode(&encoded, &again), 0);
    assert_int_equal(again.generation, 0);
}

static void an_absent_field_is_empty(void **state) {
    (void)state;
    static const uint8_t subject_only[] = {3, 0, 0, 0, 2, 's', '1'};
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret encoded = unit_bytes(subject_only, sizeof subject_only);
    assert_int_equal(record_decode(&encoded, &record), 0);
    assert_string_equal(record.subject, "s1");
    memset(record.subject, 0, sizeof record.subject);
    assert_empty(&record);
}

static void no_bytes_decode_to_an_empty_record(void **state) {
    (void)state;
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret encoded = {0};
    assert_int_equal(record_decode(&encoded, &record), 0);
    assert_empty(&record);
}

/* Counts the fields of an encoded record: each is u8 tag, u32 size, bytes. */
static size_t count_fields(const struct secret *encoded) {
    struct protocol_reader reader = {.at = encoded->data, .end = encoded->data + encoded->length};
    size_t count = 0, size = 0;
    for (; reader.at < reader.end && !reader.bad; count++) {
        protocol_get_u8(&reader);
        protocol_get_bytes(&reader, SIZE_MAX, &size);
    }
    assert_true(protocol_reader_done(&reader));
    return count;
}

static void a_record_cut_inside_a_field_is_refused_entirely(void **state) {
    (void)state;
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret encoded = {0};
    size_t accepted = 0;
    text_copy(record.subject, sizeof record.subject, "248289761001");
    record.grant.refresh = unit_secret("refresh-1");
    assert_int_equal(record_encode(&record, &encoded), 0);
    for (size_t size = 0; size < encoded.length; size++) {
        SCOPED_RECORD struct record again = {0};
        SCOPED_SECRET struct secret cut = unit_bytes(encoded.data, size);
        int r = record_decode(&cut, &again);
        accepted += r == 0;
        if (r < 0) {
            assert_int_equal(r, -EBADMSG);
            assert_empty(&again);
        }
    }
    assert_true(count_fields(&encoded) > 20);
    assert_int_equal(accepted, count_fields(&encoded)); /* where a field begins */
}

static void an_unknown_field_is_an_error_of_its_own(void **state) {
    (void)state;
    static const uint8_t newer[] = {3, 0, 0, 0, 2, 's', '1', 200, 0, 0, 0, 1, 'x'};
    static const uint8_t zero[] = {0, 0, 0, 0, 0};
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret encoded = unit_bytes(newer, sizeof newer);
    SCOPED_SECRET struct secret zeros = unit_bytes(zero, sizeof zero);
    assert_int_equal(record_decode(&encoded, &record), -EPROTONOSUPPORT);
    assert_empty(&record);
    assert_int_equal(record_decode(&zeros, &record), -EPROTONOSUPPORT);
}

static void assert_refused(const void *bytes, size_t size) {
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret encoded = unit_bytes(bytes, size);
    assert_int_equal(record_decode(&encoded, &record), -EBADMSG);
    assert_empty(&record);
}

static void a_field_of_the_wrong_size_is_refused(void **state) {
    (void)state;
    static const uint8_t short_number[] = {5, 0, 0, 0, 4, 0, 0, 0, 1};
    static const uint8_t long_number[] = {5, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t no_number[] = {5, 0, 0, 0, 0};
    static const uint8_t nul_in_text[] = {3, 0, 0, 0, 3, 's', 0, '1'};
    static const uint8_t huge[] = {1, 0xff, 0xff, 0xff, 0xff, 'x'};
    static uint8_t long_text[5 + RECORD_SUBJECT_SIZE] = {3, 0, 0, 1, 0};
    static uint8_t long_secret[5 + PROTOCOL_TOKEN_MAX + 1] = {1, 0, 0, 0x80, 0};
    memset(long_text + 5, 's', RECORD_SUBJECT_SIZE);
    assert_refused(short_number, sizeof short_number);
    assert_refused(long_number, sizeof long_number);
    assert_refused(no_number, sizeof no_number);
    assert_refused(nul_in_text, sizeof nul_in_text);
    assert_refused(huge, sizeof huge);
    assert_refused(long_text, sizeof long_text);
    assert_refused(long_secret, sizeof long_secret);
}

static void a_record_that_is_too_large_is_an_error(void **state) {
    (void)state;
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret encoded = unit_secret("older");
    record.grant.refresh = unit_filled('r', RECORD_ENCODED_MAX);
    assert_int_equal(record_encode(&record, &encoded), -E2BIG);
    assert_string_equal(secret_text(&encoded), "older");
}

/* Decoding accepts at most PROTOCOL_TOKEN_MAX bytes: a longer token would be lost on disk. */
static void a_token_too_long_to_be_read_back_is_not_written(void **state) {
    (void)state;
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret encoded = {0};
    record.grant.refresh = unit_filled('r', PROTOCOL_TOKEN_MAX + 1);
    assert_int_equal(record_encode(&record, &encoded), -E2BIG);
}

static void a_cleared_record_holds_nothing(void **state) {
    (void)state;
    struct record record;
    fill(&record);
    record.generation = 3;
    record_grant_clear(&record.pending);
    assert_int_equal(record.pending.refresh.length, 0);
    assert_int_equal(record.pending.access.length, 0);
    assert_int_equal(record.pending.expires, 0);
    assert_string_equal(record.pending.scope, "");
    assert_int_equal(record.grant.refresh.length, PROTOCOL_TOKEN_MAX);
    record_clear(&record);
    assert_empty(&record);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_with_every_field_at_its_limit_is_decoded_unchanged),
        cmocka_unit_test(an_empty_record_is_decoded_as_empty),
        cmocka_unit_test(the_generation_is_not_encoded),
        cmocka_unit_test(an_absent_field_is_empty),
        cmocka_unit_test(no_bytes_decode_to_an_empty_record),
        cmocka_unit_test(a_record_cut_inside_a_field_is_refused_entirely),
        cmocka_unit_test(an_unknown_field_is_an_error_of_its_own),
        cmocka_unit_test(a_field_of_the_wrong_size_is_refused),
        cmocka_unit_test(a_record_that_is_too_large_is_an_error),
        cmocka_unit_test(a_token_too_long_to_be_read_back_is_not_written),
        cmocka_unit_test(a_cleared_record_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
