/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_store_new_entry.c - new_entry.c: entries are made one at a time, and the next one removes
 * what a process that died has left.
 */
#include <errno.h>
#include <sys/file.h>

#include "new_entry.h"
#include "store_directory.h"

/* Leaves the files of a process that died while it made an entry. */
static void leave_behind(struct directory *directory) {
    SCOPED_TEXT char *entry = unit_text("%s/accounts/.new", directory->path);
    SCOPED_TEXT char *lock = unit_text("%s/lock", entry);
    assert_int_equal(mkdir(entry, 0700), 0);
    unit_write(lock, "", 0);
}

static void assert_nothing_left(struct directory *directory) {
    SCOPED_TEXT char *entry = unit_text("%s/accounts/.new", directory->path);
    assert_int_equal(access(entry, F_OK), -1);
}

static void the_next_enrollment_removes_an_abandoned_entry(void **state) {
    struct directory *directory = *state;
    directory_enroll(directory, &bob, "refresh-b");
    leave_behind(directory);
    directory_enroll(directory, &alice, "refresh-1");
    assert_token(directory, &alice, "refresh-1");
    assert_nothing_left(directory);
}

static void only_one_process_makes_entries_at_a_time(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = unit_text("%s/accounts", directory->path);
    directory_enroll(directory, &alice, "refresh-1");
    SCOPED_FD int ours = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    SCOPED_FD int theirs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(new_entry_begin(ours, path, &directory->reason), 0);
    assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    new_entry_end(ours);
    assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), 0);
}

static void the_lock_is_free_after_an_entry_was_made(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = unit_text("%s/accounts", directory->path);
    directory_enroll(directory, &alice, "refresh-1");
    SCOPED_FD int theirs = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(theirs, LOCK_EX | LOCK_NB), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, directory_make, directory_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_next_enrollment_removes_an_abandoned_entry),
        TEST(only_one_process_makes_entries_at_a_time),
        TEST(the_lock_is_free_after_an_entry_was_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
