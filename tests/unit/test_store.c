/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_store.c - store.c: accounts are enrolled, renewed and removed. Damage to the files by an
 * attacker or an accident is in test_store_files.c and test_store_slots.c.
 */
#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "clock.h"
#include "store_directory.h"

static void an_enrolled_token_is_loaded_again(void **state) {
    struct directory *directory = *state;
    SCOPED_RECORD struct record record = {0};
    directory_enroll(directory, &alice, "refresh-1");
    assert_int_equal(directory_load(directory, &alice, &record), 0);
    assert_string_equal(secret_text(&record.grant.refresh), "refresh-1");
    assert_int_equal(record.generation, 1);
    assert_int_equal(record.enrolled, 1);
}

static void a_rotated_token_replaces_the_old_one(void **state) {
    struct directory *directory = *state;
    directory_enroll(directory, &alice, "refresh-1");
    for (int i = 2; i <= 50; i++) {
        SCOPED_TEXT char *token = unit_text("refresh-%d", i);
        directory_rotate(directory, &alice, token);
        assert_token(directory, &alice, token);
    }
}

static void one_entry_can_be_replaced_again_and_again(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    token_set(&record, "refresh-1");
    assert_int_equal(
        store_entry_create(directory->store, &alice, &record, &entry, &directory->reason), 0);
    for (uint64_t generation = 2; generation < 6; generation++) {
        assert_int_equal(store_entry_replace(entry, &record, &directory->reason), 0);
        assert_int_equal(record.generation, generation);
    }
    token_set(&record, "refresh-6");
    assert_int_equal(store_entry_replace(entry, &record, &directory->reason), 0);
    assert_token(directory, &alice, "refresh-6");
}

static void a_large_token_is_stored_and_so_is_a_small_one_after_it(void **state) {
    struct directory *directory = *state;
    SCOPED_SECRET struct secret large = unit_filled('t', PROTOCOL_TOKEN_MAX);
    directory_enroll(directory, &alice, "refresh-1");
    directory_rotate(directory, &alice, secret_text(&large));
    assert_token(directory, &alice, secret_text(&large));
    directory_rotate(directory, &alice, "refresh-3");
    directory_rotate(directory, &alice, "refresh-4");
    assert_token(directory, &alice, "refresh-4");
}

static void no_token_can_be_read_in_the_files(void **state) {
    struct directory *directory = *state;
    directory_enroll(directory, &alice, "refresh-1");
    directory_rotate(directory, &alice, "refresh-2");
    for (int i = 0; i < 2; i++) {
        SCOPED_TEXT char *path = unit_text("%s/accounts/alice/record.%d", directory->path, i);
        SCOPED_SECRET struct secret content = unit_read(path);
        assert_true(content.length > 0);
        assert_null(memmem(content.data, content.length, "refresh-", 8));
    }
}

/* A full disk must be found at enrollment, not at the renewal that uses up the old token. */
static void a_renewal_needs_no_more_disk_space(void **state) {
    struct directory *directory = *state;
    struct stat before, after;
    SCOPED_TEXT char *path = unit_text("%s/accounts/alice/record.1", directory->path);
    directory_enroll(directory, &alice, "refresh-1");
    assert_int_equal(stat(path, &before), 0);
    SCOPED_SECRET struct secret longer = unit_filled('t', 4000);
    directory_rotate(directory, &alice, "refresh-2");
    directory_rotate(directory, &alice, secret_text(&longer));
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_size, before.st_size);
    assert_true(before.st_size >= 4096);
    assert_true(before.st_blocks * 512 >= before.st_size);
}

static void nobody_is_enrolled_at_first(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    assert_int_equal(store_entry_open(directory->store, &alice, &entry, &directory->reason),
                     -ENOENT);
    directory_enroll(directory, &bob, "refresh-1");
    assert_int_equal(store_entry_open(directory->store, &alice, &entry, &directory->reason),
                     -ENOENT);
    assert_null(entry);
}

static void enrolling_twice_keeps_the_first_record(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    directory_enroll(directory, &alice, "refresh-1");
    token_set(&record, "refresh-of-another");
    assert_int_equal(
        store_entry_create(directory->store, &alice, &record, &entry, &directory->reason), 0);
    assert_token(directory, &alice, "refresh-1");
}

static void an_impossible_name_is_refused_before_the_disk_is_touched(void **state) {
    struct directory *directory = *state;
    SCOPED_SECRET struct secret long_name = unit_filled('n', 300);
    const char *const names[] = {
        "",  ".",      "..",           "../store", "a/b",
        "/", ".new.1", "alice/../bob", "./alice",  secret_text(&long_name)};
    directory_enroll(directory, &alice, "refresh-1");
    for (size_t i = 0; i < COUNT(names); i++) {
        SCOPED_ENTRY struct store_entry *entry = NULL;
        SCOPED_RECORD struct record record = {0};
        struct store_owner owner = {names[i], 1001, "corp"};
        assert_int_equal(store_entry_open(directory->store, &owner, &entry, &directory->reason),
                         -EINVAL);
        assert_int_equal(
            store_entry_create(directory->store, &owner, &record, &entry, &directory->reason),
            -EINVAL);
    }
}

static void names_that_look_alike_are_different_accounts(void **state) {
    struct directory *directory = *state;
    static const char *const names[] = {"alice",  "Alice",  "alic",   "alice1",
                                        "-alice", "al ice", "a.lice", "alice\n"};
    for (uint32_t i = 0; i < COUNT(names); i++) {
        struct store_owner owner = {names[i], 1001 + i, "corp"};
        directory_enroll(directory, &owner, names[i]);
    }
    for (uint32_t i = 0; i < COUNT(names); i++) {
        struct store_owner owner = {names[i], 1001 + i, "corp"};
        assert_token(directory, &owner, names[i]);
    }
}

static void a_name_of_255_bytes_can_enroll(void **state) {
    struct directory *directory = *state;
    SCOPED_SECRET struct secret name = unit_filled('n', PROTOCOL_NAME_MAX);
    struct store_owner owner = {secret_text(&name), 1001, "corp"};
    directory_enroll(directory, &owner, "refresh-1");
    assert_token(directory, &owner, "refresh-1");
}

static void a_record_changed_by_another_process_is_not_overwritten(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    directory_enroll(directory, &alice, "refresh-1");
    assert_int_equal(store_entry_open(directory->store, &alice, &entry, &directory->reason), 0);
    assert_int_equal(store_entry_load(entry, &record, &directory->reason), 0);
    directory_rotate(directory, &alice, "refresh-2");
    token_set(&record, "refresh-from-an-old-record");
    assert_int_equal(store_entry_replace(entry, &record, &directory->reason), -ESTALE);
    assert_has(directory->reason.text, "changed in the meantime");
    assert_token(directory, &alice, "refresh-2");
}

static void a_record_of_another_generation_is_not_stored(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    directory_enroll(directory, &alice, "refresh-1");
    assert_int_equal(store_entry_open(directory->store, &alice, &entry, &directory->reason), 0);
    token_set(&record, "refresh-never-loaded");
    record.generation = 1;
    assert_int_equal(store_entry_replace(entry, &record, &directory->reason), -ESTALE);
    assert_int_equal(store_entry_load(entry, &record, &directory->reason), 0);
    for (uint64_t generation = 0; generation < 4; generation += 2) {
        record.generation = generation;
        assert_int_equal(store_entry_replace(entry, &record, &directory->reason), -ESTALE);
        assert_int_equal(record.generation, generation);
    }
    assert_token(directory, &alice, "refresh-1");
}

/* Replaces the record by one with `token` while no file may grow or be written by write(2). */
static int replace_limited(struct directory *directory, struct store_entry *entry,
                           struct record *record, const char *token) {
    struct rlimit old, none;
    token_set(record, token);
    getrlimit(RLIMIT_FSIZE, &old);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &none);
    int r = store_entry_replace(entry, record, &directory->reason);
    setrlimit(RLIMIT_FSIZE, &old);
    return r;
}

static void a_disk_that_fails_leaves_the_previous_record(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret huge = unit_filled('t', 32000);
    directory_enroll(directory, &alice, "refresh-1");
    assert_int_equal(store_entry_open(directory->store, &alice, &entry, &directory->reason), 0);
    assert_int_equal(store_entry_load(entry, &record, &directory->reason), 0);
    assert_int_equal(replace_limited(directory, entry, &record, secret_text(&huge)), -EFBIG);
    assert_has(directory->reason.text, "cannot write");
    assert_int_equal(record.generation, 1);
    assert_token(directory, &alice, "refresh-1");
    assert_int_equal(store_entry_replace(entry, &record, &directory->reason), 0);
    assert_token(directory, &alice, secret_text(&huge));
}

static void a_limit_of_file_sizes_loses_no_token(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    directory_enroll(directory, &alice, "refresh-1");
    assert_int_equal(store_entry_open(directory->store, &alice, &entry, &directory->reason), 0);
    assert_int_equal(store_entry_load(entry, &record, &directory->reason), 0);
    assert_int_equal(replace_limited(directory, entry, &record, "refresh-2"), 0);
    assert_token(directory, &alice, "refresh-2");
}

static void disk_space_is_reserved_before_it_is_needed(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret large = unit_filled('t', 20000);
    SCOPED_SECRET struct secret larger = unit_filled('t', 27000);
    directory_enroll(directory, &alice, "refresh-1");
    assert_int_equal(store_entry_open(directory->store, &alice, &entry, &directory->reason), 0);
    assert_int_equal(store_entry_load(entry, &record, &directory->reason), 0);
    token_set(&record, secret_text(&large));
    assert_int_equal(store_entry_reserve(entry, &record, &directory->reason), 0);
    assert_int_equal(replace_limited(directory, entry, &record, secret_text(&larger)), 0);
    assert_token(directory, &alice, secret_text(&larger));
}

/* In the sandbox no file can be opened. A store that was moved away shows that none is. */
static void an_open_entry_opens_no_more_files(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    SCOPED_TEXT char *moved = unit_text("%s/moved", directory->scratch);
    directory_enroll(directory, &alice, "refresh-1");
    assert_int_equal(store_entry_open(directory->store, &alice, &entry, &directory->reason), 0);
    assert_int_equal(rename(directory->path, moved), 0);
    assert_int_equal(store_entry_lock(entry, clock_boot_ms(), &directory->reason), 0);
    assert_int_equal(store_entry_load(entry, &record, &directory->reason), 0);
    token_set(&record, "refresh-2");
    assert_int_equal(store_entry_replace(entry, &record, &directory->reason), 0);
    assert_int_equal(rename(moved, directory->path), 0);
    assert_token(directory, &alice, "refresh-2");
}

/* Tries to lock alice's entry in another process: returns 0, or the errno it got. */
static int lock_elsewhere(struct directory *directory) {
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct store_entry *entry = NULL;
        int r = directory_reopen(directory);
        if (r >= 0)
            r = store_entry_open(directory->store, &alice, &entry, &directory->reason);
        if (r >= 0)
            r = store_entry_lock(entry, clock_boot_ms() + 10, &directory->reason);
        bool explained = r != -ETIMEDOUT || strstr(directory->reason.text, "alice");
        _exit(explained ? -r : 255);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void one_login_of_an_account_renews_at_a_time(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    directory_enroll(directory, &alice, "refresh-1");
    directory_enroll(directory, &bob, "refresh-1");
    assert_int_equal(store_entry_open(directory->store, &alice, &entry, &directory->reason), 0);
    assert_int_equal(lock_elsewhere(directory), 0);
    assert_int_equal(store_entry_lock(entry, clock_boot_ms(), &directory->reason), 0);
    assert_int_equal(lock_elsewhere(directory), ETIMEDOUT);
    store_entry_unlock(entry);
    assert_int_equal(lock_elsewhere(directory), 0);
    assert_int_equal(store_entry_lock(entry, clock_boot_ms(), &directory->reason), 0);
    store_entry_close(&entry);
    assert_int_equal(lock_elsewhere(directory), 0);
}

static void a_login_does_not_wait_for_that_of_another_account(void **state) {
    struct directory *directory = *state;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    directory_enroll(directory, &alice, "refresh-1");
    directory_enroll(directory, &bob, "refresh-1");
    assert_int_equal(store_entry_open(directory->store, &bob, &entry, &directory->reason), 0);
    assert_int_equal(store_entry_lock(entry, clock_boot_ms(), &directory->reason), 0);
    assert_int_equal(lock_elsewhere(directory), 0);
}

struct listing {
    char text[256];
    int stop_after;
};

static int list_one(const struct store_owner *owner, void *context) {
    struct listing *listing = context;
    size_t used = strlen(listing->text);
    snprintf(listing->text + used, sizeof listing->text - used, "%s/%d/%s ", owner->account,
             (int)owner->uid, owner->provider);
    return --listing->stop_after == 0 ? -ECANCELED : 0;
}

static void enrolled_accounts_are_listed_by_name(void **state) {
    struct directory *directory = *state;
    SCOPED_TEXT char *unfinished = unit_text("%s/accounts/.new", directory->path);
    struct listing all = {"", 0}, first = {"", 1}, none = {"", 0};
    SCOPED_TEXT char *broken = unit_text("%s/accounts/carol", directory->path);
    assert_int_equal(store_each(directory->store, list_one, &none, &directory->reason), 0);
    assert_string_equal(none.text, "");
    directory_enroll(directory, &bob, "refresh-b");
    directory_enroll(directory, &alice, "refresh-1");
    directory_rotate(directory, &alice, "refresh-2");
    assert_int_equal(mkdir(unfinished, 0700), 0);
    assert_int_equal(mkdir(broken, 0700), 0);
    assert_int_equal(store_each(directory->store, list_one, &all, &directory->reason), 0);
    assert_string_equal(all.text, "alice/1001/corp bob/1002/corp carol/-1/ ");
    assert_int_equal(store_each(directory->store, list_one, &first, &directory->reason),
                     -ECANCELED);
    assert_string_equal(first.text, "alice/1001/corp ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, directory_make, directory_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_enrolled_token_is_loaded_again),
        TEST(a_rotated_token_replaces_the_old_one),
        TEST(one_entry_can_be_replaced_again_and_again),
        TEST(a_large_token_is_stored_and_so_is_a_small_one_after_it),
        TEST(no_token_can_be_read_in_the_files),
        TEST(a_renewal_needs_no_more_disk_space),
        TEST(nobody_is_enrolled_at_first),
        TEST(enrolling_twice_keeps_the_first_record),
        TEST(an_impossible_name_is_refused_before_the_disk_is_touched),
        TEST(names_that_look_alike_are_different_accounts),
        TEST(a_name_of_255_bytes_can_enroll),
        TEST(a_record_changed_by_another_process_is_not_overwritten),
        TEST(a_record_of_another_generation_is_not_stored),
        TEST(a_disk_that_fails_leaves_the_previous_record),
        TEST(a_limit_of_file_sizes_loses_no_token),
        TEST(disk_space_is_reserved_before_it_is_needed),
        TEST(an_open_entry_opens_no_more_files),
        TEST(one_login_of_an_account_renews_at_a_time),
        TEST(a_login_does_not_wait_for_that_of_another_account),
        TEST(enrolled_accounts_are_listed_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
