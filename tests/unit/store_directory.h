/*
 * store_place.h - a store in a directory of the test's own, for the tests of the store.
 */
#ifndef OAUTH_LOGIN_STORE_PLACE_H
#define OAUTH_LOGIN_STORE_PLACE_H

#include "unit.h"

#include "store.h"

struct place {
    char *scratch;
    char *path; /* of the store */
    struct store *store;
    struct reason reason;
};

static const struct store_owner alice = {"alice", 1001, "corp"};
static const struct store_owner bob = {"bob", 1002, "corp"};

static inline int place_make(void **state) {
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->scratch = unit_scratch();
    place->path = unit_text("%s/store", place->scratch);
    assert_int_equal(mkdir(place->path, 0700), 0);
    assert_int_equal(store_open(place->path, &place->store, &place->reason), 0);
    *state = place;
    return 0;
}

static inline int place_remove(void **state) {
    struct place *place = *state;
    store_close(&place->store);
    unit_remove(place->scratch);
    free(place->path);
    free(place);
    return 0;
}

/* Opens the store anew, as the next process would. */
static inline int place_reopen(struct place *place) {
    store_close(&place->store);
    place->reason = (struct reason){""};
    return store_open(place->path, &place->store, &place->reason);
}

static inline void token_set(struct record *record, const char *token) {
    assert_int_equal(secret_set(&record->grant.refresh, token, strlen(token), PROTOCOL_TOKEN_MAX),
                     0);
}

/* Enrols `owner` with `token`. */
static inline void place_enrol(struct place *place, const struct store_owner *owner,
                               const char *token) {
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {.enrolled = 1};
    token_set(&record, token);
    assert_int_equal(store_entry_create(place->store, owner, &record, &entry, &place->reason), 0);
    assert_int_equal(record.generation, 1);
}

/* Opens the store and the entry anew and loads its record; returns the first error. */
static inline int place_load(struct place *place, const struct store_owner *owner,
                             struct record *ret) {
    SCOPED_ENTRY struct store_entry *entry = NULL;
    int r = place_reopen(place);
    if (r >= 0)
        r = store_entry_open(place->store, owner, &entry, &place->reason);
    return r < 0 ? r : store_entry_load(entry, ret, &place->reason);
}

/* Loads, and stores with another token. */
static inline void place_rotate(struct place *place, const struct store_owner *owner,
                                const char *token) {
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    assert_int_equal(store_entry_open(place->store, owner, &entry, &place->reason), 0);
    assert_int_equal(store_entry_load(entry, &record, &place->reason), 0);
    token_set(&record, token);
    assert_int_equal(store_entry_replace(entry, &record, &place->reason), 0);
}

static inline void assert_token(struct place *place, const struct store_owner *owner,
                                const char *token) {
    SCOPED_RECORD struct record record = {0};
    int r = place_load(place, owner, &record);
    if (r < 0)
        fail_msg("%s does not load: %d, %s", owner->account, r, place->reason.text);
    assert_string_equal(secret_text(&record.grant.refresh), token);
}

static inline void assert_load_fails(struct place *place, const struct store_owner *owner,
                                     int error) {
    SCOPED_RECORD struct record record = {0};
    assert_int_equal(place_load(place, owner, &record), error);
    assert_int_equal(record.grant.refresh.length, 0);
}

#endif
