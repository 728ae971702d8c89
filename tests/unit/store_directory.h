/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store_directory.h - a store in a directory of the test's own, for the tests of the store.
 */
#ifndef OAUTH_LOGIN_TESTS_UNIT_STORE_DIRECTORY_H
#define OAUTH_LOGIN_TESTS_UNIT_STORE_DIRECTORY_H

#include "unit.h"

#include "store.h"

struct directory {
    char *scratch;
    char *path; /* of the store */
    struct store *store;
    struct reason reason;
};

static const struct store_owner alice = {"alice", 1001, "corp"};
static const struct store_owner bob = {"bob", 1002, "corp"};

static inline int directory_make(void **state) {
    struct directory *directory = calloc(1, sizeof *directory);
    assert_non_null(directory);
    directory->scratch = unit_scratch();
    directory->path = unit_text("%s/store", directory->scratch);
    assert_int_equal(mkdir(directory->path, 0700), 0);
    assert_int_equal(store_open(directory->path, &directory->store, &directory->reason), 0);
    *state = directory;
    return 0;
}

static inline int directory_remove(void **state) {
    struct directory *directory = *state;
    store_close(&directory->store);
    unit_remove(directory->scratch);
    free(directory->path);
    free(directory);
    return 0;
}

/* Opens the store again, as the next process would. */
static inline int directory_reopen(struct directory *directory) {
    store_close(&directory->store);
    directory->reason = (struct reason){""};
    return store_open(directory->path, &directory->store, &directory->reason);
}

static inline void token_set(struct record *record, const char *token) {
    assert_int_equal(secret_set(&record->grant.refresh, token, strlen(token), PROTOCOL_TOKEN_MAX),
                     0);
}

/* Enrolls `owner` with `token`. */
static inline void directory_enroll(struct directory *directory, const struct store_owner *owner,
                                    const char *token) {
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {.enrolled = 1};
    token_set(&record, token);
    assert_int_equal(
        store_entry_create(directory->store, owner, &record, &entry, &directory->reason), 0);
    assert_int_equal(record.generation, 1);
}

/* Opens the store and the entry again, and loads its record; returns the first error. */
static inline int directory_load(struct directory *directory, const struct store_owner *owner,
                                 struct record *ret) {
    SCOPED_ENTRY struct store_entry *entry = NULL;
    int r = directory_reopen(directory);
    if (r >= 0)
        r = store_entry_open(directory->store, owner, &entry, &directory->reason);
    return r < 0 ? r : store_entry_load(entry, ret, &directory->reason);
}

/* Loads the record, and stores it with another token. */
static inline void directory_rotate(struct directory *directory, const struct store_owner *owner,
                                    const char *token) {
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    assert_int_equal(store_entry_open(directory->store, owner, &entry, &directory->reason), 0);
    assert_int_equal(store_entry_load(entry, &record, &directory->reason), 0);
    token_set(&record, token);
    assert_int_equal(store_entry_replace(entry, &record, &directory->reason), 0);
}

static inline void assert_token(struct directory *directory, const struct store_owner *owner,
                                const char *token) {
    SCOPED_RECORD struct record record = {0};
    int r = directory_load(directory, owner, &record);
    if (r < 0)
        fail_msg("%s does not load: %d, %s", owner->account, r, directory->reason.text);
    assert_string_equal(secret_text(&record.grant.refresh), token);
}

static inline void assert_load_fails(struct directory *directory, const struct store_owner *owner,
                                     int error) {
    SCOPED_RECORD struct record record = {0};
    assert_int_equal(directory_load(directory, owner, &record), error);
    assert_int_equal(record.grant.refresh.length, 0);
}

#endif
