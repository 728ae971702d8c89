/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_protocol.c - protocol.h: the wire format, its limits, and the names that both sides share.
 */
#include "unit.h"

#include "protocol.h"

static struct protocol_reader reader_of(const void *data, size_t size) {
    const uint8_t *bytes = data;
    return (struct protocol_reader){.at = bytes, .end = bytes + size};
}

static void numbers_are_big_endian(void **state) {
    (void)state;
    static const uint8_t expected[] = {0xfe, 1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t bytes[sizeof expected];
    struct protocol_writer writer = {.at = bytes, .end = bytes + sizeof bytes};
    protocol_put_u8(&writer, 0xfe);
    protocol_put_u32(&writer, 0x01020304);
    protocol_put_u64(&writer, 0x0102030405060708);
    assert_false(writer.overflow);
    assert_ptr_equal(writer.at, writer.end);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void fields_are_read_as_they_were_written(void **state) {
    (void)state;
    uint8_t bytes[128];
    char text[16];
    size_t size = 0;
    struct protocol_writer writer = {.at = bytes, .end = bytes + sizeof bytes};
    protocol_put_u8(&writer, UINT8_MAX);
    protocol_put_u32(&writer, UINT32_MAX);
    protocol_put_u64(&writer, UINT64_MAX - 1);
    protocol_put_string(&writer, "alice");
    protocol_put_string(&writer, NULL);
    protocol_put_bytes(&writer, "a\0b", 3);
    struct protocol_reader reader = reader_of(bytes, (size_t)(writer.at - bytes));
    assert_int_equal(protocol_get_u8(&reader), UINT8_MAX);
    assert_int_equal(protocol_get_u32(&reader), UINT32_MAX);
    assert_int_equal(protocol_get_u64(&reader), UINT64_MAX - 1);
    protocol_get_text(&reader, text, sizeof text);
    assert_string_equal(text, "alice");
    protocol_get_text(&reader, text, sizeof text);
    assert_string_equal(text, "");
    assert_memory_equal(protocol_get_bytes(&reader, 3, &size), "a\0b", 3);
    assert_int_equal(size, 3);
    assert_true(protocol_reader_done(&reader));
}

static void a_full_writer_writes_nothing_more(void **state) {
    (void)state;
    uint8_t bytes[] = {0, 0, 0, 0, 0, 0xaa};
    struct protocol_writer writer = {.at = bytes, .end = bytes + 5};
    protocol_put_u32(&writer, 1);
    protocol_put_u32(&writer, UINT32_MAX);
    assert_true(writer.overflow);
    protocol_put_u8(&writer, 0xbb); /* would fit, but belongs after a field that did not */
    assert_true(writer.overflow);
    assert_int_equal(bytes[4], 0);
    assert_int_equal(bytes[5], 0xaa);
}

static void a_string_whose_size_exceeds_32_bits_is_not_written(void **state) {
    (void)state;
    uint8_t bytes[16];
    struct protocol_writer writer = {.at = bytes, .end = bytes + sizeof bytes};
    protocol_put_bytes(&writer, bytes, (size_t)UINT32_MAX + 1);
    assert_true(writer.overflow);
    assert_ptr_equal(writer.at, bytes);
}

static void reading_past_the_end_gives_zeros_from_then_on(void **state) {
    (void)state;
    static const uint8_t bytes[] = {1, 2, 3};
    struct protocol_reader reader = reader_of(bytes, sizeof bytes);
    assert_int_equal(protocol_get_u32(&reader), 0);
    assert_true(reader.bad);
    assert_int_equal(protocol_get_u8(&reader), 0);
    assert_int_equal(protocol_get_u64(&reader), 0);
    assert_false(protocol_reader_done(&reader));
}

static void a_string_cut_at_any_byte_is_bad(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0, 0, 0, 5, 'a', 'l', 'i', 'c', 'e'};
    for (size_t size = 0; size < sizeof bytes; size++) {
        char text[16] = "untouched?";
        SCOPED_SECRET struct secret copy =
            unit_bytes(bytes, size); /* so that AddressSanitizer knows its end */
        struct protocol_reader reader = reader_of(copy.data, size);
        protocol_get_text(&reader, text, sizeof text);
        assert_true(reader.bad);
        assert_string_equal(text, "");
    }
}

static void a_huge_length_is_bad(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 'a'};
    struct protocol_reader reader = reader_of(bytes, sizeof bytes);
    size_t size = 99;
    assert_null(protocol_get_bytes(&reader, SIZE_MAX, &size));
    assert_int_equal(size, 0);
    assert_true(reader.bad);
}

static void a_string_may_fill_its_buffer_but_not_exceed_it(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0, 0, 0, 5, 'a', 'l', 'i', 'c', 'e'};
    char fits[6] = "", short_by_one[5] = "";
    struct protocol_reader reader = reader_of(bytes, sizeof bytes);
    protocol_get_text(&reader, fits, sizeof fits);
    assert_string_equal(fits, "alice");
    assert_true(protocol_reader_done(&reader));
    reader = reader_of(bytes, sizeof bytes);
    protocol_get_text(&reader, short_by_one, sizeof short_by_one);
    assert_true(reader.bad);
    assert_string_equal(short_by_one, "");
}

static void a_name_with_a_nul_inside_is_bad(void **state) {
    (void)state;
    static const uint8_t bytes[] = {0, 0, 0, 6, 'a', 'l', 0, 'i', 'c', 'e'};
    char text[16] = "";
    struct protocol_reader reader = reader_of(bytes, sizeof bytes);
    protocol_get_text(&reader, text, sizeof text);
    assert_true(reader.bad);
    assert_string_equal(text, "");
}

static void trailing_bytes_are_an_error(void **state) {
    (void)state;
    static const uint8_t bytes[] = {1, 2};
    struct protocol_reader reader = reader_of(bytes, sizeof bytes);
    protocol_get_u8(&reader);
    assert_false(protocol_reader_done(&reader));
    protocol_get_u8(&reader);
    assert_true(protocol_reader_done(&reader));
}

static void an_undefined_enum_value_is_bad(void **state) {
    (void)state;
    for (int value = 0; value < 256; value++) {
        uint8_t byte = (uint8_t)value;
        struct protocol_reader reader = reader_of(&byte, 1);
        protocol_get_enum(&reader, VERDICT_GRANTED, VERDICT_COUNT);
        assert_int_equal(reader.bad, value < VERDICT_GRANTED || value >= VERDICT_COUNT);
    }
}

static void every_verdict_and_source_has_the_documented_name(void **state) {
    (void)state;
    static const char *const verdicts[VERDICT_COUNT] = {
        "none",         "granted",     "granted-offline", "denied",        "reauthorize",
        "not-enrolled", "not-managed", "unreachable",     "misconfigured", "not-permitted",
        "fault"};
    static const char *const sources[SOURCE_COUNT] = {"none",  "refresh", "shared",
                                                      "grace", "device",  "browser"};
    for (int i = 0; i < VERDICT_COUNT; i++)
        assert_string_equal(verdict_name((enum verdict)i), verdicts[i]);
    for (int i = 0; i < SOURCE_COUNT; i++)
        assert_string_equal(source_name((enum source)i), sources[i]);
    assert_string_equal(verdict_name(VERDICT_COUNT), "unknown");
    assert_string_equal(source_name(SOURCE_COUNT), "unknown");
}

static void durations_are_read_as_people_write_them(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint32_t seconds;
    } rows[] = {{"90s", 90}, {"5m", 300}, {"8h", 28800},      {"30d", 2592000},       {"0", 0},
                {"0s", 0},   {"00", 0},   {"365d", 31536000}, {"31536000s", 31536000}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t seconds = 77;
        assert_true(protocol_parse_duration(rows[i].text, &seconds));
        assert_int_equal(seconds, rows[i].seconds);
    }
}

static void a_malformed_duration_is_refused_and_changes_nothing(void **state) {
    (void)state;
    static const char *const rows[] = {"",
                                       "5",
                                       "s",
                                       "5 m",
                                       " 5m",
                                       "5m ",
                                       "-5m",
                                       "+5m",
                                       "5M",
                                       "1.5h",
                                       "5ms",
                                       "1h5m",
                                       "0x5m",
                                       "4294967297s",
                                       "366d",
                                       "8761h",
                                       "525601m",
                                       "31536001s",
                                       "99999999999999999999d",
                                       "18446744073709551617s"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t seconds = 77;
        if (protocol_parse_duration(rows[i], &seconds))
            fail_msg("'%s' was read as %u s", rows[i], seconds);
        assert_int_equal(seconds, 77);
    }
}

static void the_largest_reply_fits_a_frame(void **state) {
    (void)state;
    static uint8_t bytes[PROTOCOL_FRAME_MAX];
    static const char longest[PROTOCOL_TOKEN_MAX];
    struct protocol_writer writer = {.at = bytes, .end = bytes + sizeof bytes};
    for (int i = 0; i < 5; i++) /* version, type, verdict, source, rotated */
        protocol_put_u8(&writer, 1);
    protocol_put_bytes(&writer, longest, PROTOCOL_NAME_MAX);
    protocol_put_bytes(&writer, longest, PROTOCOL_TEXT_MAX);
    protocol_put_bytes(&writer, longest, PROTOCOL_TEXT_MAX);
    protocol_put_u64(&writer, 1);
    protocol_put_bytes(&writer, longest, PROTOCOL_SCOPE_MAX);
    protocol_put_bytes(&writer, longest, PROTOCOL_TOKEN_MAX);
    assert_false(writer.overflow);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(fields_are_read_as_they_were_written),
        cmocka_unit_test(a_full_writer_writes_nothing_more),
        cmocka_unit_test(a_string_whose_size_exceeds_32_bits_is_not_written),
        cmocka_unit_test(reading_past_the_end_gives_zeros_from_then_on),
        cmocka_unit_test(a_string_cut_at_any_byte_is_bad),
        cmocka_unit_test(a_huge_length_is_bad),
        cmocka_unit_test(a_string_may_fill_its_buffer_but_not_exceed_it),
        cmocka_unit_test(a_name_with_a_nul_inside_is_bad),
        cmocka_unit_test(trailing_bytes_are_an_error),
        cmocka_unit_test(an_undefined_enum_value_is_bad),
        cmocka_unit_test(every_verdict_and_source_has_the_documented_name),
        cmocka_unit_test(durations_are_read_as_people_write_them),
        cmocka_unit_test(a_malformed_duration_is_refused_and_changes_nothing),
        cmocka_unit_test(the_largest_reply_fits_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
