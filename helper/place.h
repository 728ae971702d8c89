/*
 * place.h - an account's place in the store, as a use case works with it: opened, locked if need
 * be, its record loaded.
 */
#ifndef OAUTH_LOGIN_PLACE_H
#define OAUTH_LOGIN_PLACE_H

#include "store.h"
#include "visit.h"

struct place {
    struct store *store;
    struct store_entry *entry;
    struct record record; /* as stored */
};

#define SCOPED_PLACE __attribute__((cleanup(place_close)))

enum place_mode {
    PLACE_READ,   /* without the lock */
    PLACE_LOCKED, /* waits for the lock */
    PLACE_MADE,   /* the same, and makes an entry that is missing with the record that is there */
};

/* Opens the place of the visit's account, waiting for its lock until `until_ms`. -ENOENT: not
 * enrolled. -ETIMEDOUT, or -EBADMSG and others of store_entry_load: the entry is open all the same.
 * Else an error of store.h, also for a missing store; `reason` is set. */
int place_open(const struct visit *visit, enum place_mode mode, int64_t until_ms, struct place *ret,
               struct reason *reason);

/* Closes the place, which ends its lock, and wipes the record. */
void place_close(struct place *place);

/* Whose record a visit is about. */
struct store_owner place_owner(const struct visit *visit);

#endif
