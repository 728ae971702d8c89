/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_seal.c - seal.c: a sealed text opens complete and unaltered, or not at all.
 */
#include "unit.h"

#include <errno.h>

#include "seal.h"

static const char bound[] = "alice of corp";
static const char text[] = "refresh-token-1";

enum { SEALED_SIZE = sizeof text - 1 + SEAL_OVERHEAD };

static struct secret key_of(uint8_t first) {
    uint8_t bytes[SEAL_KEY_SIZE];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(first + i);
    return unit_bytes(bytes, sizeof bytes);
}

static void seal_text(const struct secret *key, uint8_t sealed[SEALED_SIZE]) {
    SCOPED_SECRET struct secret plain = unit_secret(text);
    assert_int_equal(seal_close(key, bound, sizeof bound, &plain, sealed), 0);
}

static void a_sealed_text_opens_unchanged(void **state) {
    (void)state;
    SCOPED_SECRET struct secret key = key_of(0), plain = unit_secret("older");
    uint8_t sealed[SEALED_SIZE];
    seal_text(&key, sealed);
    assert_null(memmem(sealed, sizeof sealed, "token", 5));
    assert_int_equal(seal_open(&key, bound, sizeof bound, sealed, sizeof sealed, 100, &plain), 0);
    assert_string_equal(secret_text(&plain), text);
    assert_int_equal(plain.length, strlen(text));
}

static void an_empty_text_can_be_sealed(void **state) {
    (void)state;
    SCOPED_SECRET struct secret key = key_of(0), none = {0}, plain = unit_secret("older");
    uint8_t sealed[SEAL_OVERHEAD];
    assert_int_equal(seal_close(&key, NULL, 0, &none, sealed), 0);
    assert_int_equal(seal_open(&key, NULL, 0, sealed, sizeof sealed, 0, &plain), 0);
    assert_int_equal(plain.length, 0);
    sealed[SEAL_OVERHEAD - 1] ^= 1;
    assert_int_equal(seal_open(&key, NULL, 0, sealed, sizeof sealed, 0, &plain), -EBADMSG);
}

static void a_bit_altered_anywhere_does_not_open(void **state) {
    (void)state;
    SCOPED_SECRET struct secret key = key_of(0), plain = unit_secret("older");
    uint8_t sealed[SEALED_SIZE];
    seal_text(&key, sealed);
    for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(seal_open(&key, bound, sizeof bound, sealed, sizeof sealed, 100, &plain),
                         -EBADMSG);
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_string_equal(secret_text(&plain), "older");
}

static void a_sealed_text_cut_at_any_byte_does_not_open(void **state) {
    (void)state;
    SCOPED_SECRET struct secret key = key_of(0), plain = unit_secret("older");
    uint8_t sealed[SEALED_SIZE];
    seal_text(&key, sealed);
    for (size_t size = 0; size < sizeof sealed; size++) {
        SCOPED_SECRET struct secret cut = unit_bytes(sealed, size);
        assert_int_equal(seal_open(&key, bound, sizeof bound, cut.data, size, 100, &plain),
                         -EBADMSG);
    }
    assert_string_equal(secret_text(&plain), "older");
}

static void a_sealed_text_does_not_open_with_another_key_or_owner(void **state) {
    (void)state;
    SCOPED_SECRET struct secret key = key_of(0), other = key_of(1), plain = unit_secret("older");
    uint8_t sealed[SEALED_SIZE];
    seal_text(&key, sealed);
    assert_int_equal(seal_open(&other, bound, sizeof bound, sealed, sizeof sealed, 100, &plain),
                     -EBADMSG);
    assert_int_equal(
        seal_open(&key, "alicf of corp", sizeof bound, sealed, sizeof sealed, 100, &plain),
        -EBADMSG);
    assert_int_equal(seal_open(&key, bound, sizeof bound - 1, sealed, sizeof sealed, 100, &plain),
                     -EBADMSG);
    assert_int_equal(seal_open(&key, NULL, 0, sealed, sizeof sealed, 100, &plain), -EBADMSG);
    assert_string_equal(secret_text(&plain), "older");
}

static void a_text_over_the_limit_is_not_opened(void **state) {
    (void)state;
    SCOPED_SECRET struct secret key = key_of(0), plain = unit_secret("older");
    uint8_t sealed[SEALED_SIZE];
    seal_text(&key, sealed);
    assert_int_equal(
        seal_open(&key, bound, sizeof bound, sealed, sizeof sealed, sizeof text - 2, &plain),
        -E2BIG);
    assert_string_equal(secret_text(&plain), "older");
    assert_int_equal(
        seal_open(&key, bound, sizeof bound, sealed, sizeof sealed, sizeof text - 1, &plain), 0);
}

static void a_key_of_the_wrong_size_seals_and_opens_nothing(void **state) {
    (void)state;
    SCOPED_SECRET struct secret key = key_of(0), plain = unit_secret(text);
    SCOPED_SECRET struct secret half = unit_bytes(key.data, SEAL_KEY_SIZE / 2), none = {0};
    SCOPED_SECRET struct secret longer = unit_bytes(key.data, SEAL_KEY_SIZE);
    assert_int_equal(secret_append(&longer, "x", 1, 64), 0);
    uint8_t sealed[SEALED_SIZE];
    assert_true(seal_close(&half, bound, sizeof bound, &plain, sealed) < 0);
    assert_true(seal_close(&none, bound, sizeof bound, &plain, sealed) < 0);
    assert_true(seal_close(&longer, bound, sizeof bound, &plain, sealed) < 0);
    seal_text(&key, sealed);
    assert_true(seal_open(&half, bound, sizeof bound, sealed, sizeof sealed, 100, &plain) < 0);
    assert_true(seal_open(&none, bound, sizeof bound, sealed, sizeof sealed, 100, &plain) < 0);
    assert_true(seal_open(&longer, bound, sizeof bound, sealed, sizeof sealed, 100, &plain) < 0);
}

/* Using a nonce twice would reveal both texts. */
static void no_two_seals_share_a_nonce(void **state) {
    (void)state;
    SCOPED_SECRET struct secret key = key_of(0);
    uint8_t sealed[100][SEALED_SIZE];
    for (size_t i = 0; i < COUNT(sealed); i++) {
        seal_text(&key, sealed[i]);
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(sealed[i], sealed[k], SEAL_NONCE_SIZE);
    }
}

static void keys_are_derived_as_rfc_5869_says(void **state) {
    (void)state;
    /* Computed with Python's hmac: HKDF-SHA256, no salt, info "oauth-login\0test". */
    static const uint8_t expected[SEAL_KEY_SIZE] = {0x2d, 0x0e, 0xbe, 0x83, 0xdd, 0xab, 0xe4, 0x5b,
                                                    0xcb, 0x4e, 0x15, 0x5a, 0x7e, 0x4a, 0x6f, 0xc9,
                                                    0xfd, 0xb2, 0x3f, 0xb2, 0x77, 0x85, 0x13, 0x72,
                                                    0xd9, 0x13, 0xb0, 0x58, 0x69, 0x96, 0xe8, 0x67};
    SCOPED_SECRET struct secret master = key_of(0), key = unit_secret("older");
    assert_int_equal(seal_derive(&master, "oauth-login\0test", 16, &key), 0);
    assert_int_equal(key.length, SEAL_KEY_SIZE);
    assert_memory_equal(key.data, expected, sizeof expected);
}

static void each_purpose_and_each_master_has_its_own_key(void **state) {
    (void)state;
    SCOPED_SECRET struct secret master = key_of(0), other = key_of(1);
    SCOPED_SECRET struct secret a = {0}, again = {0}, b = {0}, c = {0};
    assert_int_equal(seal_derive(&master, "alice\0001000", 10, &a), 0);
    assert_int_equal(seal_derive(&master, "alice\0001000", 10, &again), 0);
    assert_int_equal(seal_derive(&master, "alice\0001001", 10, &b), 0);
    assert_int_equal(seal_derive(&other, "alice\0001000", 10, &c), 0);
    assert_true(secret_equal(&a, &again));
    assert_false(secret_equal(&a, &b));
    assert_false(secret_equal(&a, &c));
    assert_false(secret_equal(&a, &master));
}

static void a_master_of_the_wrong_size_derives_nothing(void **state) {
    (void)state;
    SCOPED_SECRET struct secret master = key_of(0), key = unit_secret("older"), none = {0};
    SCOPED_SECRET struct secret half = unit_bytes(master.data, SEAL_KEY_SIZE / 2);
    assert_int_equal(seal_derive(&half, "info", 4, &key), -EINVAL);
    assert_int_equal(seal_derive(&none, "info", 4, &key), -EINVAL);
    assert_string_equal(secret_text(&key), "older");
}

static void a_digest_is_sha_256(void **state) {
    (void)state;
    static const uint8_t abc[SEAL_DIGEST_SIZE] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea,
                                                  0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
                                                  0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c,
                                                  0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    uint8_t digest[SEAL_DIGEST_SIZE];
    assert_int_equal(seal_digest("abc", 3, digest), 0);
    assert_memory_equal(digest, abc, sizeof abc);
    char digits[2 * SEAL_DIGEST_SIZE + 1];
    seal_digest_text("abc", 3, digits);
    assert_string_equal(digits, "ba7816bf8f01cfea414140de5dae2223"
                                "b00361a396177a9cb410ff61f20015ad");
}

static void random_bytes_are_not_repeated(void **state) {
    (void)state;
    uint8_t a[32] = {0}, b[32] = {0}, zeros[32] = {0};
    assert_int_equal(seal_random(a, sizeof a), 0);
    assert_int_equal(seal_random(b, sizeof b), 0);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a, zeros, sizeof a);
    assert_memory_not_equal(a + 16, zeros, 16);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_text_opens_unchanged),
        cmocka_unit_test(an_empty_text_can_be_sealed),
        cmocka_unit_test(a_bit_altered_anywhere_does_not_open),
        cmocka_unit_test(a_sealed_text_cut_at_any_byte_does_not_open),
        cmocka_unit_test(a_sealed_text_does_not_open_with_another_key_or_owner),
        cmocka_unit_test(a_text_over_the_limit_is_not_opened),
        cmocka_unit_test(a_key_of_the_wrong_size_seals_and_opens_nothing),
        cmocka_unit_test(no_two_seals_share_a_nonce),
        cmocka_unit_test(keys_are_derived_as_rfc_5869_says),
        cmocka_unit_test(each_purpose_and_each_master_has_its_own_key),
        cmocka_unit_test(a_master_of_the_wrong_size_derives_nothing),
        cmocka_unit_test(a_digest_is_sha_256),
        cmocka_unit_test(random_bytes_are_not_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
