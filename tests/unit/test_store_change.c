/*
 * test_store_change.c - store_change.c: entries are made and removed one at a time, and what a
 * process has left that died meanwhile goes with the next.
 */
#include <errno.h>
#include <sys/file.h>

#include "store_change.h"
#include "store_place.h"

/* Leaves what a process would have that died in the middle, whatever its pid was. */
static void leave_behind(struct place *place, const char *kind) {
    SCOPED_TEXT char *directory = unit_text("%s/accounts/.%s", place->path, kind);
    SCOPED_TEXT char *lock = unit_text("%s/lock", directory);
    assert_int_equal(mkdir(directory, 0700), 0);
    unit_write(lock, "", 0);
}

static void assert_nothing_left(struct place *place, const char *kind) {
    SCOPED_TEXT char *directory = unit_text("%s/accounts/.%s", place->path, kind);
    assert_int_equal(access(directory, F_OK), -1);
}

static void the_next_enrolment_sweeps_what_was_left(void **state) {
    struct place *place = *state;
    place_enrol(place, &bob, "refresh-b");
    leave_behind(place, "new");
    leave_behind(place, "old");
    place_enrol(place, &alice, "refresh-1");
    assert_token(place, &alice, "refresh-1");
    assert_nothing_left(place, "new");
    assert_nothing_left(place, "old");
}

static void the_next_removal_sweeps_what_was_left(void **state) {
    struct place *place = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    place_enrol(place, &alice, "refresh-1");
    leave_behind(place, "old");
    assert_int_equal(store_entry_open(place->store, &alice, &entry, &place->reason), 0);
    int r = store_entry_remove(place->store, entry, &place->reason);
    if (r < 0)
        fail_msg("%d: %s", r, place->reason.text);
    assert_load_fails(place, &alice, -ENOENT);
    assert_nothing_left(place, "old");
}

static void two_do_not_change_the_store_at_a_time(void **state) {
    struct place *place = *state;
    SCOPED_TEXT char *path = unit_text("%s/accounts", place->path);
    place_enrol(place, &alice, "refresh-1");
    SCOPED_FD int ours = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    SCOPED_FD int theirs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(store_change_begin(ours, path, &place->reason), 0);
    assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    store_change_end(ours);
    assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), 0);
}

static void the_store_is_free_when_an_entry_was_made_or_removed(void **state) {
    struct place *place = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_TEXT char *path = unit_text("%s/accounts", place->path);
    place_enrol(place, &alice, "refresh-1");
    SCOPED_FD int theirs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(flock(theirs, LOCK_UN), 0);
    assert_int_equal(store_entry_open(place->store, &alice, &entry, &place->reason), 0);
    assert_int_equal(store_entry_remove(place->store, entry, &place->reason), 0);
    assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_next_enrolment_sweeps_what_was_left),
        TEST(the_next_removal_sweeps_what_was_left),
        TEST(two_do_not_change_the_store_at_a_time),
        TEST(the_store_is_free_when_an_entry_was_made_or_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
