/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_store_files.c - store/file.c and key.c: owner, mode and kind of the store's files, and its
 * only master key.
 */
#include <errno.h>
#include <sys/file.h>
#include <sys/sysmacros.h>

#include "store_directory.h"

/* Files and directories of the store that a login of alice opens. */
static const struct {
    const char *name;
    bool directory;
} parts[] = {{".", true},
             {"accounts", true},
             {"accounts/alice", true},
             {"accounts/alice/lock", false},
             {"accounts/alice/record.0", false},
             {"accounts/alice/record.1", false},
             {"key", false}};

enum { STRANGER = 12345 };

static char *part_path(const struct directory *directory, size_t part) {
    return unit_text("%s/%s", directory->path, parts[part].name);
}

static void assert_refused(struct directory *directory, const char *name) {
    SCOPED_RECORD struct record record = {0};
    int r = directory_load(directory, &alice, &record);
    if (r != -EPERM)
        fail_msg("%s: %d, not -EPERM: %s", name, r, directory->reason.text);
    assert_int_equal(record.grant.refresh.length, 0);
    assert_has(directory->reason.text, strcmp(name, ".") == 0 ? directory->path : name);
}

static void a_file_of_another_user_is_refused(void **state) {
    struct directory *directory = *state;
    directory_enroll(directory, &alice, "refresh-1");
    for (size_t i = 0; i < COUNT(parts); i++) {
        SCOPED_TEXT char *path = part_path(directory, i);
        assert_int_equal(chown(path, STRANGER, 0), 0);
        assert_refused(directory, parts[i].name);
        assert_has(directory->reason.text, "12345");
        assert_int_equal(chown(path, 0, 0), 0);
        assert_token(directory, &alice, "refresh-1");
    }
}

static void a_file_open_to_others_is_refused(void **state) {
    struct directory *directory = *state;
    static const mode_t open_bits[] = {0040, 0020, 0010, 0004, 0002, 0001};
    directory_enroll(directory, &alice, "refresh-1");
    for (size_t i = 0; i < COUNT(parts); i++) {
        SCOPED_TEXT char *path = part_path(directory, i);
        mode_t right = parts[i].directory ? 0700 : 0600;
        for (size_t k = 0; k < COUNT(open_bits); k++) {
            assert_int_equal(chmod(path, right | open_bits[k]), 0);
            assert_refused(directory, parts[i].name);
            assert_has(directory->reason.text, "chmod go=");
        }
        assert_int_equal(chmod(path, right), 0);
    }
    assert_token(directory, &alice, "refresh-1");
}

/* Replaces each part in turn by another kind of file. */
static void replace_parts(struct directory *directory, bool directories, bool files,
                          int (*put)(const char *path, const char *moved)) {
    directory_enroll(directory, &alice, "refresh-1");
    SCOPED_TEXT char *moved = unit_text("%s/moved", directory->scratch);
    for (size_t i = 0; i < COUNT(parts); i++) {
        if (!(parts[i].directory ? directories : files))
            continue;
        SCOPED_TEXT char *path =
            strcmp(parts[i].name, ".") == 0 ? strdup(directory->path) : part_path(directory, i);
        assert_int_equal(rename(path, moved), 0);
        if (put(path, moved) == 0)
            assert_refused(directory, parts[i].name);
        remove(path);
        assert_int_equal(rename(moved, path), 0);
        assert_token(directory, &alice, "refresh-1");
    }
}

static int put_symlink(const char *path, const char *moved) {
    assert_int_equal(symlink(moved, path), 0);
    return 0;
}

static void a_symbolic_link_is_never_followed(void **state) {
    replace_parts(*state, true, true, put_symlink);
}

static int put_hard_link(const char *path, const char *moved) {
    assert_int_equal(link(moved, path), 0);
    return 0;
}

static void a_hard_link_is_refused(void **state) {
    replace_parts(*state, false, true, put_hard_link);
}

static int put_fifo(const char *path, const char *moved) {
    (void)moved;
    assert_int_equal(mkfifo(path, 0600), 0);
    return 0;
}

static void a_fifo_is_refused_without_waiting(void **state) {
    replace_parts(*state, true, true, put_fifo);
}

/* Makes a device. Returns -1 on a machine that does not allow that: then there is nothing to
 * refuse. */
static int put_device(const char *path, const char *moved) {
    (void)moved;
    int r = mknod(path, S_IFCHR | 0600, makedev(1, 3));
    SCOPED_FD int fd = r == 0 ? open(path, O_RDWR | O_CLOEXEC) : -1;
    return fd < 0 ? -1 : 0;
}

static void a_device_is_refused(void **state) {
    replace_parts(*state, true, true, put_device);
}

static int put_other_kind(const char *path, const char *moved) {
    struct stat status;
    assert_int_equal(stat(moved, &status), 0);
    if (S_ISDIR(status.st_mode))
        unit_write(path, "", 0);
    else
        assert_int_equal(mkdir(path, 0700), 0);
    return 0;
}

static void a_file_instead_of_a_directory_is_refused_and_the_reverse(void **state) {
    replace_parts(*state, true, true, put_other_kind);
}

static void a_store_that_others_could_replace_is_refused(void **state) {
    struct directory *directory = *state;
    static const mode_t shared[] = {0770, 0707, 0777, 0720, 0702};
    directory_enroll(directory, &alice, "refresh-1");
    for (size_t i = 0; i < COUNT(shared); i++) {
        assert_int_equal(chmod(directory->scratch, shared[i]), 0);
        assert_int_equal(directory_reopen(directory), -EPERM);
        assert_has(directory->reason.text, directory->path);
        assert_has(directory->reason.text, "others could replace the store");
    }
    assert_int_equal(chmod(directory->scratch, 01777), 0); /* like /tmp: only owners can rename */
    assert_int_equal(directory_reopen(directory), 0);
    assert_int_equal(chmod(directory->scratch, 0755), 0);
    assert_int_equal(directory_reopen(directory), 0);
    assert_int_equal(chown(directory->scratch, STRANGER, 0), 0);
    assert_int_equal(directory_reopen(directory), -EPERM);
    assert_has(directory->reason.text, "12345");
}

static void the_error_for_a_missing_store_shows_how_to_make_it(void **state) {
    struct directory *directory = *state;
    SCOPED_STORE struct store *store = NULL;
    SCOPED_TEXT char *path = unit_text("%s/nowhere", directory->scratch);
    assert_int_equal(store_open(path, &store, &directory->reason), -ENOENT);
    assert_null(store);
    assert_has(directory->reason.text, path);
    assert_has(directory->reason.text, "install -d -m 0700 -o oauth-login");
}

static void an_entry_with_a_file_missing_is_not_called_unenrolled(void **state) {
    struct directory *directory = *state;
    static const size_t files[] = {3, 4, 5};
    directory_enroll(directory, &alice, "refresh-1");
    for (size_t i = 0; i < COUNT(files); i++) {
        SCOPED_TEXT char *path = part_path(directory, files[i]);
        SCOPED_TEXT char *moved = unit_text("%s/moved", directory->scratch);
        assert_int_equal(rename(path, moved), 0);
        assert_load_fails(directory, &alice, -EBADMSG);
        assert_has(directory->reason.text, "incomplete");
        assert_int_equal(rename(moved, path), 0);
    }
}

static void a_lost_master_key_is_never_replaced(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *key = unit_text("%s/key", directory->path);
    SCOPED_TEXT char *moved = unit_text("%s/moved", directory->scratch);
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    directory_enroll(directory, &alice, "refresh-1");
    assert_int_equal(rename(key, moved), 0);
    assert_load_fails(directory, &alice, -ENOKEY);
    assert_has(directory->reason.text, key);
    token_set(&record, "refresh-b");
    assert_int_equal(
        store_entry_create(directory->store, &bob, &record, &entry, &directory->reason), -ENOKEY);
    assert_int_equal(
        store_entry_create(directory->store, &alice, &record, &entry, &directory->reason), -ENOKEY);
    assert_int_equal(access(key, F_OK), -1);
    assert_load_fails(directory, &bob, -ENOENT);
    assert_int_equal(rename(moved, key), 0);
    assert_token(directory, &alice, "refresh-1");
}

static void the_master_key_is_made_once_and_is_random(void **state) {
    struct directory *directory = *state;
    struct stat status;
    SCOPED_TEXT char *path = unit_text("%s/key", directory->path);
    SCOPED_TEXT char *accounts = unit_text("%s/accounts", directory->path);
    directory_enroll(directory, &alice, "refresh-1");
    SCOPED_SECRET struct secret first = unit_read(path);
    assert_int_equal(first.length, 32);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    directory_enroll(directory, &bob, "refresh-b");
    SCOPED_SECRET struct secret again = unit_read(path);
    assert_true(secret_equal(&first, &again));
    unit_remove(strdup(accounts));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(directory_reopen(directory), 0);
    directory_enroll(directory, &alice, "refresh-1");
    SCOPED_SECRET struct secret other = unit_read(path);
    assert_int_equal(other.length, 32);
    assert_false(secret_equal(&first, &other));
}

static void a_master_key_of_the_wrong_size_is_refused(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = unit_text("%s/key", directory->path);
    directory_enroll(directory, &alice, "refresh-1");
    SCOPED_SECRET struct secret key = unit_read(path);
    SCOPED_SECRET struct secret longer = unit_read(path);
    assert_int_equal(secret_append(&longer, "\n", 1, 64), 0);
    for (size_t size = 0; size < key.length; size++) {
        unit_write(path, key.data, size);
        assert_load_fails(directory, &alice, -EBADMSG);
        assert_has(directory->reason.text, "/key is not 32 bytes");
    }
    unit_write(path, longer.data, longer.length);
    assert_load_fails(directory, &alice, -EBADMSG);
    unit_write(path, key.data, key.length);
    assert_token(directory, &alice, "refresh-1");
}

static void another_master_key_opens_nothing(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *path = unit_text("%s/key", directory->path);
    directory_enroll(directory, &alice, "refresh-1");
    SCOPED_SECRET struct secret key = unit_read(path);
    key.data[31] ^= 1;
    unit_write(path, key.data, key.length);
    assert_load_fails(directory, &alice, -EBADMSG);
    assert_has(directory->reason.text, "another master key");
}

/* Leaves the directory of a process that died while it made an entry. */
static void leave(const struct directory *directory, const char *name) {
    static const char *const names[] = {"lock", "record.0"};
    SCOPED_TEXT char *entry = unit_text("%s/accounts/%s", directory->path, name);
    assert_int_equal(mkdir(entry, 0700), 0);
    for (size_t i = 0; i < COUNT(names); i++) {
        SCOPED_TEXT char *path = unit_text("%s/%s", entry, names[i]);
        unit_write(path, "x", 1);
    }
}

/* A process that makes an entry holds the lock, and no other touches its files meanwhile. */
static void an_entry_that_another_process_makes_is_left_alone(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {.enrolled = 1};
    SCOPED_TEXT char *accounts = unit_text("%s/accounts", directory->path);
    SCOPED_TEXT char *made = unit_text("%s/.new/lock", accounts);
    directory_enroll(directory, &bob, "refresh-b");
    leave(directory, ".new");
    SCOPED_FD int fd = open(accounts, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    token_set(&record, "refresh-1");
    assert_int_equal(
        store_entry_create(directory->store, &alice, &record, &entry, &directory->reason),
        -ETIMEDOUT);
    assert_int_equal(access(made, F_OK), 0);
    assert_int_equal(flock(fd, LOCK_UN), 0);
    assert_int_equal(
        store_entry_create(directory->store, &alice, &record, &entry, &directory->reason), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, directory_make, directory_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_file_of_another_user_is_refused),
        TEST(a_file_open_to_others_is_refused),
        TEST(a_symbolic_link_is_never_followed),
        TEST(a_hard_link_is_refused),
        TEST(a_fifo_is_refused_without_waiting),
        TEST(a_device_is_refused),
        TEST(a_file_instead_of_a_directory_is_refused_and_the_reverse),
        TEST(a_store_that_others_could_replace_is_refused),
        TEST(the_error_for_a_missing_store_shows_how_to_make_it),
        TEST(an_entry_with_a_file_missing_is_not_called_unenrolled),
        TEST(a_lost_master_key_is_never_replaced),
        TEST(the_master_key_is_made_once_and_is_random),
        TEST(a_master_key_of_the_wrong_size_is_refused),
        TEST(another_master_key_opens_nothing),
        TEST(an_entry_that_another_process_makes_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
