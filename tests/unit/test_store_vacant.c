/*
 * test_store_vacant.c - store.c: what is left of an account whose grant was taken out.
 */
#include <errno.h>

#include "store_place.h"

#include "moment.h"

static void a_removed_account_is_not_enrolled(void **state) {
    struct place *place = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL, *waiting = NULL;
    SCOPED_RECORD struct record record = {0};
    place_enrol(place, &alice, "refresh-1");
    place_enrol(place, &bob, "refresh-b");
    assert_int_equal(store_entry_open(place->store, &alice, &entry, &place->reason), 0);
    assert_int_equal(store_entry_open(place->store, &alice, &waiting, &place->reason), 0);
    assert_int_equal(store_entry_vacate(entry, &place->reason), 0);
    assert_int_equal(store_entry_lock(waiting, moment_boot_ms(), &place->reason), 0);
    assert_int_equal(store_entry_load(waiting, &record, &place->reason), -ENOENT);
    assert_load_fails(place, &alice, -ENOENT);
    assert_token(place, &bob, "refresh-b");
    token_set(&record, "refresh-2");
    assert_int_equal(store_entry_replace(waiting, &record, &place->reason), 0);
    assert_token(place, &alice, "refresh-2");
}

static void a_removed_account_leaves_nothing_of_its_grant_nor_of_its_uid(void **state) {
    struct place *place = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL, *other = NULL;
    SCOPED_RECORD struct record record = {0};
    struct store_owner successor = {"alice", 1009, "elsewhere"};
    place_enrol(place, &alice, "refresh-1");
    place_rotate(place, &alice, "refresh-2");
    assert_int_equal(store_entry_open(place->store, &alice, &entry, &place->reason), 0);
    assert_int_equal(store_entry_load(entry, &record, &place->reason), 0);
    assert_int_equal(store_entry_vacate(entry, &place->reason), 0);
    for (int slot = 0; slot < 2; slot++) {
        SCOPED_TEXT char *path = unit_text("%s/accounts/alice/record.%d", place->path, slot);
        SCOPED_SECRET struct secret left = unit_read(path);
        assert_string_equal(secret_text(&left), "oauthlgv");
    }
    assert_int_equal(store_entry_replace(entry, &record, &place->reason), -ESTALE);
    record_clear(&record);
    assert_int_equal(store_entry_create(place->store, &successor, NULL, &other, &place->reason), 0);
    assert_int_equal(store_entry_load(other, &record, &place->reason), -ENOENT);
    token_set(&record, "refresh-3");
    assert_int_equal(store_entry_replace(other, &record, &place->reason), 0);
    assert_token(place, &successor, "refresh-3");
}

/* A power cut between the two slots: what counts is the newer, which is vacated last. */
static void a_removal_cut_short_brings_no_older_record_back(void **state) {
    struct place *place = *state;
    for (int last = 0; last < 2; last++) {
        SCOPED_TEXT char *newest = unit_text("%s/accounts/alice/record.%d", place->path, last);
        SCOPED_ENTRY struct store_entry *entry = NULL;
        SCOPED_RECORD struct record record = {0};
        store_entry_create(place->store, &alice, NULL, &entry, &place->reason);
        store_entry_load(entry, &record, &place->reason);
        while (record.generation < 2 || record.generation % 2 != (uint64_t) last)
            assert_int_equal(store_entry_replace(entry, &record, &place->reason), 0);
        SCOPED_SECRET struct secret kept = unit_read(newest);
        assert_int_equal(store_entry_vacate(entry, &place->reason), 0);
        unit_write(newest, kept.data, kept.length);
        uint64_t generation = record.generation;
        assert_int_equal(place_load(place, &alice, &record), 0);
        assert_int_equal(record.generation, generation);
        store_entry_vacate(entry, &place->reason);
    }
}

static void a_vacant_place_is_not_enrolled_and_one_cut_off_is_broken(void **state) {
    struct place *place = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    assert_int_equal(store_entry_create(place->store, &alice, NULL, &entry, &place->reason), 0);
    assert_load_fails(place, &alice, -ENOENT);
    for (int slot = 0; slot < 2; slot++) {
        SCOPED_TEXT char *path = unit_text("%s/accounts/alice/record.%d", place->path, slot);
        unit_write(path, "oauthlg", 7);
    }
    assert_load_fails(place, &alice, -EBADMSG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_removed_account_is_not_enrolled),
        TEST(a_removed_account_leaves_nothing_of_its_grant_nor_of_its_uid),
        TEST(a_removal_cut_short_brings_no_older_record_back),
        TEST(a_vacant_place_is_not_enrolled_and_one_cut_off_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
