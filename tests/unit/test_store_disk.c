/*
 * test_store_disk.c - the store on a full disk, which is found out before a renewal is sent, never
 * by the token that it brings.
 */
#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#include "store_directory.h"

enum { RENEWED_SIZE = 6000 }; /* of a token, more than before: room for that is promised */

/* Puts a disk of 256 KiB below the store, which is empty yet, in a mount namespace of our own. */
static int place_make_small(void **state) {
    place_make(state);
    struct place *place = *state;
    store_close(&place->store);
    assert_int_equal(mount("disk", place->path, "tmpfs", 0, "size=256k,mode=0700"), 0);
    assert_int_equal(store_open(place->path, &place->store, &place->reason), 0);
    return 0;
}

static int place_remove_small(void **state) {
    struct place *place = *state;
    store_close(&place->store);
    assert_int_equal(umount2(place->path, MNT_DETACH), 0);
    return place_remove(state);
}

static void fill_disk(const struct place *place) {
    static const char block[4096] = {1};
    SCOPED_TEXT char *path = unit_text("%s/ballast", place->path);
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0)
        continue;
    assert_int_equal(errno, ENOSPC);
}

/* An entry of alice's with "refresh-1", open and loaded. */
static void open_enrolled(struct place *place, struct store_entry **entry, struct record *record) {
    place_enrol(place, &alice, "refresh-1");
    assert_int_equal(store_entry_open(place->store, &alice, entry, &place->reason), 0);
    assert_int_equal(store_entry_load(*entry, record, &place->reason), 0);
}

static void what_a_renewal_brings_has_its_room_already(void **state) {
    struct place *place = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret renewed = unit_filled('r', RENEWED_SIZE);
    open_enrolled(place, &entry, &record);
    fill_disk(place);
    for (int i = 0; i < 3; i++) { /* each slot, and the first again */
        if (i == 0)
            assert_int_equal(store_entry_reserve(entry, &record, &place->reason), 0);
        token_set(&record, secret_text(&renewed));
        int r = store_entry_replace(entry, &record, &place->reason);
        if (r < 0)
            fail_msg("%d: %s", r, place->reason.text);
    }
    assert_token(place, &alice, secret_text(&renewed));
}

static void room_that_is_not_there_is_found_out_before_the_renewal(void **state) {
    struct place *place = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret large = unit_filled('l', PROTOCOL_TOKEN_MAX);
    open_enrolled(place, &entry, &record);
    fill_disk(place);
    token_set(&record, secret_text(&large));
    assert_int_equal(store_entry_reserve(entry, &record, &place->reason), -ENOSPC);
    assert_has(place->reason.text, "accounts/alice");
    assert_int_equal(store_entry_replace(entry, &record, &place->reason), -ENOSPC);
    assert_int_equal(record.generation, 1);
    assert_token(place, &alice, "refresh-1");
    token_set(&record, "refresh-2"); /* a failure is no end: the next that fits is stored */
    assert_int_equal(store_entry_replace(entry, &record, &place->reason), 0);
    assert_token(place, &alice, "refresh-2");
}

static void an_enrolment_on_a_full_disk_leaves_nothing_behind(void **state) {
    struct place *place = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    SCOPED_TEXT char *unfinished = unit_text("%s/accounts/.new", place->path);
    place_enrol(place, &bob, "refresh-b");
    fill_disk(place);
    token_set(&record, "refresh-1");
    assert_int_equal(store_entry_create(place->store, &alice, &record, &entry, &place->reason),
                     -ENOSPC);
    assert_null(entry);
    assert_int_equal(access(unfinished, F_OK), -1);
    assert_load_fails(place, &alice, -ENOENT);
    assert_token(place, &bob, "refresh-b");
}

/* A file that has holes has no room. */
static void room_is_made_of_blocks_that_exist(void **state) {
    struct place *place = *state;
    struct stat status;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    open_enrolled(place, &entry, &record);
    assert_int_equal(store_entry_reserve(entry, &record, &place->reason), 0);
    for (int i = 0; i < 2; i++) {
        SCOPED_TEXT char *path = unit_text("%s/accounts/alice/record.%d", place->path, i);
        assert_int_equal(stat(path, &status), 0);
        assert_true(status.st_size >= RENEWED_SIZE);
        assert_true(status.st_blocks * 512 >= status.st_size);
    }
}

static int make_namespace(void **state) {
    (void) state;
    assert_int_equal(unshare(CLONE_NEWNS), 0);
    assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)
#define SMALL(name) cmocka_unit_test_setup_teardown(name, place_make_small, place_remove_small)

int main(void) {
    const struct CMUnitTest tests[] = {
        SMALL(what_a_renewal_brings_has_its_room_already),
        SMALL(room_that_is_not_there_is_found_out_before_the_renewal),
        SMALL(an_enrolment_on_a_full_disk_leaves_nothing_behind),
        TEST(room_is_made_of_blocks_that_exist),
    };
    return cmocka_run_group_tests(tests, make_namespace, NULL);
}
