/*
 * place.h - an account's place in the store, as a use case works with it: opened, locked if need
 * be, its record loaded.
 */
#ifndef OAUTH_LOGIN_PLACE_H
#define OAUTH_LOGIN_PLACE_H

#include "store.h"
#include "exchange.h"

struct place {
    struct store_entry *entry;
    struct record record; /* as stored */
};

#define SCOPED_PLACE __attribute__((cleanup(place_close)))

enum place_mode {
    PLACE_READ,   /* without the lock */
    PLACE_LOCKED, /* waits for the lock */
    PLACE_MADE,   /* the same, and makes an entry that is missing with the record that is there */
    PLACE_VACANT, /* makes one that is missing, vacant; place_lock, and what to go by, come later */
};

/* Opens the place of the visit's account, enters the sandbox, and waits for the lock until
 * `until_ms`. Only what is open by now can be written afterwards. -ENOENT: not enrolled.
 * -ETIMEDOUT, or -EBADMSG and others of store_entry_load: the entry is open all the same.
 * Else an error of store.h, also for a missing store; `reason` is set. */
int place_open(const struct visit *visit, enum place_mode mode, int64_t until_ms, struct place *ret,
               struct reason *reason);

/* Waits for the lock of a PLACE_VACANT until `until_ms` and loads its record, which is empty where
 * nothing was enrolled. Errors as of place_open, without -ENOENT. */
int place_lock(struct place *place, int64_t until_ms, struct reason *reason);

/* Closes the place, which ends its lock, and wipes the record. */
void place_close(struct place *place);

/* Whose record a visit is about. */
struct store_owner place_owner(const struct visit *visit);

#endif
