/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_store_vacant.c - store.c: the entry of an account whose grant was removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "store_directory.h"

#include "clock.h"

static void a_removed_account_is_not_enrolled(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL, *waiting = NULL;
    SCOPED_RECORD struct record record = {0};
    directory_enroll(directory, &alice, "refresh-1");
    directory_enroll(directory, &bob, "refresh-b");
    assert_int_equal(store_entry_open(directory->store, &alice, &entry, &directory->reason), 0);
    assert_int_equal(store_entry_open(directory->store, &alice, &waiting, &directory->reason), 0);
    assert_int_equal(store_entry_vacate(entry, &directory->reason), 0);
    assert_int_equal(store_entry_lock(waiting, clock_boot_ms(), &directory->reason), 0);
    assert_int_equal(store_entry_load(waiting, &record, &directory->reason), -ENOENT);
    assert_load_fails(directory, &alice, -ENOENT);
    assert_token(directory, &bob, "refresh-b");
    token_set(&record, "refresh-2");
    assert_int_equal(store_entry_replace(waiting, &record, &directory->reason), 0);
    assert_token(directory, &alice, "refresh-2");
}

static void a_removed_account_leaves_neither_its_grant_nor_its_uid(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL, *other = NULL;
    SCOPED_RECORD struct record record = {0};
    struct store_owner successor = {"alice", 1009, "elsewhere"};
    directory_enroll(directory, &alice, "refresh-1");
    directory_rotate(directory, &alice, "refresh-2");
    assert_int_equal(store_entry_open(directory->store, &alice, &entry, &directory->reason), 0);
    assert_int_equal(store_entry_load(entry, &record, &directory->reason), 0);
    assert_int_equal(store_entry_vacate(entry, &directory->reason), 0);
    for (int slot = 0; slot < 2; slot++) {
        SCOPED_TEXT char *path = unit_text("%s/accounts/alice/record.%d", directory->path, slot);
        SCOPED_SECRET struct secret left = unit_read(path);
        assert_int_equal(left.length, 8);
        assert_string_equal(secret_text(&left), "oauthlgv");
    }
    assert_int_equal(store_entry_replace(entry, &record, &directory->reason), -ESTALE);
    record_clear(&record);
    assert_int_equal(
        store_entry_create(directory->store, &successor, NULL, &other, &directory->reason), 0);
    assert_int_equal(store_entry_load(other, &record, &directory->reason), -ENOENT);
    token_set(&record, "refresh-3");
    assert_int_equal(store_entry_replace(other, &record, &directory->reason), 0);
    assert_token(directory, &successor, "refresh-3");
}

/* Makes our open descriptor of the file at `path` read-only. */
static void break_descriptor(const char *path) {
    bool found = false;
    for (int fd = 3; fd < 64; fd++) {
        char link[64], target[512] = "";
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        if (readlink(link, target, sizeof target - 1) < 0 || strcmp(target, path) != 0)
            continue;
        int broken = open(path, O_RDONLY);
        assert_true(broken >= 0);
        assert_int_equal(dup2(broken, fd), fd);
        close(broken);
        found = true;
    }
    assert_true(found);
}

/* A power cut can interrupt a removal too. In the older record the account may still be
 * enrolled. */
static void an_interrupted_removal_restores_no_older_record(void **state) {
    struct directory *directory = *state;
    for (int older = 0; older < 2; older++) {
        SCOPED_TEXT char *path = unit_text("%s/accounts/alice/record.%d", directory->path, older);
        SCOPED_ENTRY struct store_entry *entry = NULL;
        SCOPED_RECORD struct record record = {0};
        store_entry_create(directory->store, &alice, NULL, &entry, &directory->reason);
        store_entry_load(entry, &record, &directory->reason);
        while (record.generation < 2 || record.generation % 2 == (uint64_t)older)
            assert_int_equal(store_entry_replace(entry, &record, &directory->reason), 0);
        uint64_t newest = record.generation;
        break_descriptor(path);
        assert_int_equal(store_entry_vacate(entry, &directory->reason), -EBADF);
        assert_int_equal(directory_load(directory, &alice, &record), 0);
        assert_int_equal(record.generation, newest);
    }
}

static void a_vacant_entry_is_not_enrolled_and_a_cut_off_one_is_an_error(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    assert_int_equal(store_entry_create(directory->store, &alice, NULL, &entry, &directory->reason),
                     0);
    assert_load_fails(directory, &alice, -ENOENT);
    for (int slot = 0; slot < 2; slot++) {
        SCOPED_TEXT char *path = unit_text("%s/accounts/alice/record.%d", directory->path, slot);
        unit_write(path, "oauthlg", 7);
    }
    assert_load_fails(directory, &alice, -EBADMSG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, directory_make, directory_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_removed_account_is_not_enrolled),
        TEST(a_removed_account_leaves_neither_its_grant_nor_its_uid),
        TEST(an_interrupted_removal_restores_no_older_record),
        TEST(a_vacant_entry_is_not_enrolled_and_a_cut_off_one_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
