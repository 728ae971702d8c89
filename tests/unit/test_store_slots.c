/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_store_slots.c - slot.c and slot_pair.c: the newest complete record opens, for its owner
 * only.
 */
#include <errno.h>

#include "seal.h"
#include "slot.h"
#include "store_directory.h"

/* Offsets of the header's fields: magic, version, generation, uid, then the account's name. */
enum { VERSION_AT = 8, GENERATION_AT = 12, UID_AT = 20, ACCOUNT_AT = 28, HEADER_END = 45 };

static char *slot_path(const struct directory *directory, const char *account, int slot) {
    return unit_text("%s/accounts/%s/record.%d", directory->path, account, slot);
}

/* Stores generation 1, "older", in slot 1 and generation 2, "newest", in slot 0. */
static void enroll_two_generations(struct directory *directory) {
    directory_enroll(directory, &alice, "older");
    directory_rotate(directory, &alice, "newest");
}

/* Returns the size of a slot's contents, without the zero padding at its end. */
static size_t image_size(const struct secret *slot) {
    size_t size = slot->length;
    while (size > 0 && slot->data[size - 1] == 0)
        size--;
    return size;
}

static void a_record_cut_off_anywhere_falls_back_to_the_older_one(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = slot_path(directory, "alice", 0);
    enroll_two_generations(directory);
    SCOPED_SECRET struct secret slot = unit_read(path);
    size_t size = image_size(&slot);
    assert_true(size > 100);
    for (size_t length = 0; length < size; length++) {
        unit_write(path, slot.data, length);
        assert_token(directory, &alice, "older");
    }
    unit_write(path, slot.data, slot.length);
    assert_token(directory, &alice, "newest");
}

static void two_cut_off_records_are_an_error(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *newest = slot_path(directory, "alice", 0),
                     *older = slot_path(directory, "alice", 1);
    enroll_two_generations(directory);
    SCOPED_SECRET struct secret slot = unit_read(older);
    unit_write(newest, "", 0);
    for (size_t length = 0; length < image_size(&slot); length++) {
        unit_write(older, slot.data, length);
        assert_load_fails(directory, &alice, -EBADMSG);
        assert_has(directory->reason.text, "enroll alice again");
    }
}

/* Loads while `path` holds `slot` with one byte altered: the other record may open, or none. */
static void try_altered(struct directory *directory, const char *path, struct secret *slot,
                        size_t at, uint8_t flip, const char *other) {
    SCOPED_RECORD struct record record = {0};
    slot->data[at] ^= flip;
    unit_write(path, slot->data, slot->length);
    slot->data[at] ^= flip;
    int r = directory_load(directory, &alice, &record);
    if (r == 0)
        assert_string_equal(secret_text(&record.grant.refresh), other);
    else
        assert_true(r == -EBADMSG || r == -EKEYREJECTED || r == -EPROTONOSUPPORT);
}

static void an_altered_byte_never_opens_a_wrong_record(void **state) {
    struct directory *directory = *state;
    static const uint8_t flips[] = {0x01, 0x80, 0xff};
    static const char *const others[] = {"older", "newest"};
    enroll_two_generations(directory);
    for (int i = 0; i < 2; i++) {
        SCOPED_TEXT char *path = slot_path(directory, "alice", i);
        SCOPED_SECRET struct secret slot = unit_read(path);
        size_t size = image_size(&slot);
        for (size_t at = 0; at < size; at++)
            for (size_t k = 0; k < COUNT(flips); k++)
                try_altered(directory, path, &slot, at, flips[k], others[i]);
        unit_write(path, slot.data, slot.length);
        assert_token(directory, &alice, "newest");
    }
}

static void bytes_after_a_record_do_not_matter(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = slot_path(directory, "alice", 0);
    enroll_two_generations(directory);
    SCOPED_SECRET struct secret slot = unit_read(path);
    memset(slot.data + image_size(&slot), 0xee, slot.length - image_size(&slot));
    unit_write(path, slot.data, slot.length);
    assert_token(directory, &alice, "newest");
}

/* Simulates a power cut at every byte of the write of generation 3 over generation 1. */
static void a_torn_write_falls_back_to_the_record_before_it(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = slot_path(directory, "alice", 1);
    enroll_two_generations(directory);
    SCOPED_SECRET struct secret before = unit_read(path);
    directory_rotate(directory, &alice, "third");
    SCOPED_SECRET struct secret after = unit_read(path);
    for (size_t done = 0; done < image_size(&after); done++) {
        SCOPED_SECRET struct secret torn = unit_bytes(before.data, before.length);
        memcpy(torn.data, after.data, done);
        unit_write(path, torn.data, torn.length);
        assert_token(directory, &alice, "newest");
        /* Also simulate that the rest of the file was never written. The header is in one sector,
         * which is never torn. */
        if (done > 0 && done < HEADER_END)
            continue;
        memset(torn.data + done, 0, torn.length - done);
        unit_write(path, torn.data, torn.length);
        assert_token(directory, &alice, "newest");
    }
    directory_rotate(directory, &alice, "third again");
    assert_token(directory, &alice, "third again");
}

static void a_single_slot_restored_from_a_backup_is_not_the_newest(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = slot_path(directory, "alice", 0);
    enroll_two_generations(directory);
    SCOPED_SECRET struct secret backup = unit_read(path);
    directory_rotate(directory, &alice, "third");
    directory_rotate(directory, &alice, "fourth");
    unit_write(path, backup.data, backup.length);
    assert_token(directory, &alice, "third");
}

static void swap_files(const char *a, const char *b) {
    SCOPED_SECRET struct secret of_a = unit_read(a), of_b = unit_read(b);
    unit_write(a, of_b.data, of_b.length);
    unit_write(b, of_a.data, of_a.length);
}

static void records_swapped_between_accounts_open_for_neither(void **state) {
    struct directory *directory = *state;
    directory_enroll(directory, &alice, "of alice");
    directory_enroll(directory, &bob, "of bob");
    for (int i = 0; i < 2; i++) {
        SCOPED_TEXT char *a = slot_path(directory, "alice", i), *b = slot_path(directory, "bob", i);
        swap_files(a, b);
    }
    assert_load_fails(directory, &alice, -EKEYREJECTED);
    assert_has(directory->reason.text, "a grant of account bob, uid 1002, provider corp");
    assert_has(directory->reason.text, "this is account alice, uid 1001, provider corp");
    assert_load_fails(directory, &bob, -EKEYREJECTED);
}

static void a_record_that_lies_about_its_owner_does_not_open(void **state) {
    struct directory *directory = *state;
    static const struct store_owner alicf = {"alicf", 1001, "corp"};
    directory_enroll(directory, &alice, "of alice");
    directory_enroll(directory, &alicf, "of alicf");
    SCOPED_TEXT char *from = slot_path(directory, "alicf", 1),
                     *to = slot_path(directory, "alice", 1);
    SCOPED_SECRET struct secret slot = unit_read(from);
    assert_int_equal(slot.data[ACCOUNT_AT + 4], 'f');
    slot.data[ACCOUNT_AT + 4] = 'e';
    unit_write(to, slot.data, slot.length);
    assert_load_fails(directory, &alice, -EBADMSG);
}

static void a_reused_name_or_uid_or_another_provider_does_not_open_a_record(void **state) {
    struct directory *directory = *state;
    static const struct store_owner others[] = {
        {"alice", 1002, "corp"}, {"alice", 0, "corp"}, {"alice", 1001, "corp2"},
        {"alice", 1001, "cor"},  {"alice", 1001, ""},
    };
    directory_enroll(directory, &alice, "of alice");
    for (size_t i = 0; i < COUNT(others); i++)
        assert_load_fails(directory, &others[i], -EKEYREJECTED);
    assert_token(directory, &alice, "of alice");
}

/* The forged slot claims another uid, and its generation is the highest. */
static void a_forged_owner_is_an_error_and_not_ignored(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = slot_path(directory, "alice", 0);
    enroll_two_generations(directory);
    SCOPED_SECRET struct secret slot = unit_read(path);
    slot.data[UID_AT + 3] ^= 1;
    unit_write(path, slot.data, slot.length);
    assert_load_fails(directory, &alice, -EKEYREJECTED);
}

static void a_forged_generation_does_not_open(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = slot_path(directory, "alice", 1);
    enroll_two_generations(directory);
    SCOPED_SECRET struct secret slot = unit_read(path);
    slot.data[GENERATION_AT + 7] = 9;
    unit_write(path, slot.data, slot.length);
    assert_token(directory, &alice, "newest");
}

/* If the record of a newer version were ignored, a downgraded oauth-login would send a token that
 * the newer one has used up. */
static void a_record_of_a_newer_version_is_an_error_and_not_ignored(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = slot_path(directory, "alice", 0);
    enroll_two_generations(directory);
    SCOPED_SECRET struct secret slot = unit_read(path);
    slot.data[VERSION_AT + 3] = 2;
    unit_write(path, slot.data, slot.length);
    assert_load_fails(directory, &alice, -EPROTONOSUPPORT);
    assert_has(directory->reason.text, "newer oauth-login");
}

static void a_record_of_another_machine_does_not_open(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = unit_text("%s/slot", directory->scratch);
    unit_write(path, "", 0);
    SCOPED_FD int fd = open(path, O_RDWR | O_CLOEXEC);
    SCOPED_SECRET struct secret key = unit_filled('k', SEAL_KEY_SIZE);
    SCOPED_RECORD struct record record = {.generation = 1}, again = {0};
    struct slot_binding here = {.owner = alice, .machine = "one machine", .key = key};
    struct slot_binding there = {.owner = alice, .machine = "another", .key = key};
    assert_int_equal(slot_load(fd, &here, &again), -ENODATA);
    assert_int_equal(slot_store(fd, &here, &record), 0);
    assert_int_equal(slot_load(fd, &there, &again), -EBADMSG);
    assert_int_equal(slot_load(fd, &here, &again), 0);
    assert_int_equal(again.generation, 1);
}

static void the_claim_of_a_slot_is_read_without_a_key(void **state) {
    struct directory *directory = *state;
    struct slot_claim claim = {0};
    SCOPED_TEXT char *path = slot_path(directory, "alice", 0),
                     *other = slot_path(directory, "alice", 1);
    directory_enroll(directory, &alice, "of alice");
    SCOPED_FD int never = open(path, O_RDONLY | O_CLOEXEC);
    SCOPED_FD int written = open(other, O_RDONLY | O_CLOEXEC);
    assert_int_equal(slot_read_claim(never, &claim), -ENODATA);
    assert_int_equal(slot_read_claim(written, &claim), 0);
    assert_int_equal(claim.generation, 1);
    assert_int_equal(claim.uid, 1001);
    assert_string_equal(claim.account, "alice");
    assert_string_equal(claim.provider, "corp");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, directory_make, directory_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_record_cut_off_anywhere_falls_back_to_the_older_one),
        TEST(two_cut_off_records_are_an_error),
        TEST(an_altered_byte_never_opens_a_wrong_record),
        TEST(bytes_after_a_record_do_not_matter),
        TEST(a_torn_write_falls_back_to_the_record_before_it),
        TEST(a_single_slot_restored_from_a_backup_is_not_the_newest),
        TEST(records_swapped_between_accounts_open_for_neither),
        TEST(a_record_that_lies_about_its_owner_does_not_open),
        TEST(a_reused_name_or_uid_or_another_provider_does_not_open_a_record),
        TEST(a_forged_owner_is_an_error_and_not_ignored),
        TEST(a_forged_generation_does_not_open),
        TEST(a_record_of_a_newer_version_is_an_error_and_not_ignored),
        TEST(a_record_of_another_machine_does_not_open),
        TEST(the_claim_of_a_slot_is_read_without_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
