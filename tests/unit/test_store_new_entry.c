/*
 * test_store_making.c - store_making.c: entries are made one at a time, and what a process has left
 * that died meanwhile goes with the next.
 */
#include <errno.h>
#include <sys/file.h>

#include "new_entry.h"
#include "store_directory.h"

/* Leaves what a process would have that died in the middle, whatever its pid was. */
static void leave_behind(struct place *place) {
    SCOPED_TEXT char *directory = unit_text("%s/accounts/.new", place->path);
    SCOPED_TEXT char *lock = unit_text("%s/lock", directory);
    assert_int_equal(mkdir(directory, 0700), 0);
    unit_write(lock, "", 0);
}

static void assert_nothing_left(struct place *place) {
    SCOPED_TEXT char *directory = unit_text("%s/accounts/.new", place->path);
    assert_int_equal(access(directory, F_OK), -1);
}

static void the_next_enrolment_sweeps_what_was_left(void **state) {
    struct place *place = *state;
    place_enrol(place, &bob, "refresh-b");
    leave_behind(place);
    place_enrol(place, &alice, "refresh-1");
    assert_token(place, &alice, "refresh-1");
    assert_nothing_left(place);
}

static void two_do_not_make_entries_at_a_time(void **state) {
    struct place *place = *state;
    SCOPED_TEXT char *path = unit_text("%s/accounts", place->path);
    place_enrol(place, &alice, "refresh-1");
    SCOPED_FD int ours = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    SCOPED_FD int theirs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(store_making_begin(ours, path, &place->reason), 0);
    assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    store_making_end(ours);
    assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), 0);
}

static void the_store_is_free_when_an_entry_was_made(void **state) {
    struct place *place = *state;
    SCOPED_TEXT char *path = unit_text("%s/accounts", place->path);
    place_enrol(place, &alice, "refresh-1");
    SCOPED_FD int theirs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_next_enrolment_sweeps_what_was_left),
        TEST(two_do_not_make_entries_at_a_time),
        TEST(the_store_is_free_when_an_entry_was_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
