/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_store_disk.c - the store on a full disk, which is found before a renewal is sent and never
 * loses the token that it returns.
 */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#include "store_directory.h"

enum {
    RENEWED_SIZE = 6000
}; /* of a token that is longer than before, but fits into the reserved space */

/* Mounts a disk of 256 KiB at the store, which is still empty, in our own mount namespace. */
static int directory_make_small(void **state) {
    directory_make(state);
    struct directory *directory = *state;
    store_close(&directory->store);
    assert_int_equal(mount("disk", directory->path, "tmpfs", 0, "size=256k,mode=0700"), 0);
    assert_int_equal(store_open(directory->path, &directory->store, &directory->reason), 0);
    return 0;
}

static int directory_remove_small(void **state) {
    struct directory *directory = *state;
    store_close(&directory->store);
    assert_int_equal(umount2(directory->path, MNT_DETACH), 0);
    return directory_remove(state);
}

static void fill_disk(const struct directory *directory) {
    static const char block[4096] = {1};
    SCOPED_TEXT char *path = unit_text("%s/ballast", directory->path);
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0)
        continue;
    assert_int_equal(errno, ENOSPC);
}

/* Enrolls alice with "refresh-1", and opens and loads her entry. */
static void open_enrolled(struct directory *directory, struct store_entry **entry,
                          struct record *record) {
    directory_enroll(directory, &alice, "refresh-1");
    assert_int_equal(store_entry_open(directory->store, &alice, entry, &directory->reason), 0);
    assert_int_equal(store_entry_load(*entry, record, &directory->reason), 0);
}

static void a_renewed_token_fits_into_reserved_space(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret renewed = unit_filled('r', RENEWED_SIZE);
    open_enrolled(directory, &entry, &record);
    fill_disk(directory);
    for (int i = 0; i < 3; i++) { /* replace the record in each slot, and in the first one again */
        if (i == 0)
            assert_int_equal(store_entry_reserve(entry, &record, &directory->reason), 0);
        token_set(&record, secret_text(&renewed));
        int r = store_entry_replace(entry, &record, &directory->reason);
        if (r < 0)
            fail_msg("%d: %s", r, directory->reason.text);
    }
    assert_token(directory, &alice, secret_text(&renewed));
}

static void a_full_disk_is_found_before_the_renewal(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret large = unit_filled('l', PROTOCOL_TOKEN_MAX);
    open_enrolled(directory, &entry, &record);
    fill_disk(directory);
    token_set(&record, secret_text(&large));
    assert_int_equal(store_entry_reserve(entry, &record, &directory->reason), -ENOSPC);
    assert_has(directory->reason.text, "accounts/alice");
    assert_int_equal(store_entry_replace(entry, &record, &directory->reason), -ENOSPC);
    assert_int_equal(record.generation, 1);
    assert_token(directory, &alice, "refresh-1");
    token_set(&record, "refresh-2"); /* a failure is not final: the next one that fits is stored */
    assert_int_equal(store_entry_replace(entry, &record, &directory->reason), 0);
    assert_token(directory, &alice, "refresh-2");
}

static void an_enrollment_on_a_full_disk_leaves_nothing_behind(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    SCOPED_TEXT char *unfinished = unit_text("%s/accounts/.new", directory->path);
    directory_enroll(directory, &bob, "refresh-b");
    fill_disk(directory);
    token_set(&record, "refresh-1");
    assert_int_equal(
        store_entry_create(directory->store, &alice, &record, &entry, &directory->reason), -ENOSPC);
    assert_null(entry);
    assert_int_equal(access(unfinished, F_OK), -1);
    assert_load_fails(directory, &alice, -ENOENT);
    assert_token(directory, &bob, "refresh-b");
}

/* A hole in a file is not reserved space. */
static void reserved_space_has_blocks_on_the_disk(void **state) {
    struct directory *directory = *state;
    struct stat status;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    open_enrolled(directory, &entry, &record);
    assert_int_equal(store_entry_reserve(entry, &record, &directory->reason), 0);
    for (int i = 0; i < 2; i++) {
        SCOPED_TEXT char *path = unit_text("%s/accounts/alice/record.%d", directory->path, i);
        assert_int_equal(stat(path, &status), 0);
        assert_true(status.st_size >= RENEWED_SIZE);
        assert_true(status.st_blocks * 512 >= status.st_size);
    }
}

static int make_namespace(void **state) {
    (void)state;
    assert_int_equal(unshare(CLONE_NEWNS), 0);
    assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, directory_make, directory_remove)
#define SMALL(name) \
    cmocka_unit_test_setup_teardown(name, directory_make_small, directory_remove_small)

int main(void) {
    const struct CMUnitTest tests[] = {
        SMALL(a_renewed_token_fits_into_reserved_space),
        SMALL(a_full_disk_is_found_before_the_renewal),
        SMALL(an_enrollment_on_a_full_disk_leaves_nothing_behind),
        TEST(reserved_space_has_blocks_on_the_disk),
    };
    return cmocka_run_group_tests(tests, make_namespace, NULL);
}
