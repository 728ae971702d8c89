/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stored_account.h - an account's place in the store, as a use case works with it: opened, locked
 * if need be, its record loaded.
 */
#ifndef OAUTH_LOGIN_HELPER_REQUEST_STORED_ACCOUNT_H
#define OAUTH_LOGIN_HELPER_REQUEST_STORED_ACCOUNT_H

#include "exchange.h"
#include "store.h"

struct stored_account {
    struct store_entry *entry;
    struct record record; /* as stored */
};

#define SCOPED_STORED_ACCOUNT __attribute__((cleanup(stored_account_close)))

enum stored_account_mode {
    STORED_READ,    /* without the lock */
    STORED_LOCKED,  /* waits for the lock */
    STORED_CREATED, /* the same, and makes an entry that is missing with the record that is there */
    STORED_VACANT,  /* makes one that is missing, vacant; place_lock, and what to go by, come later
                     */
};

/* Opens the place of the visit's account, enters the sandbox, and waits for the lock until
 * `until_ms`. Only what is open by now can be written afterwards. -ENOENT: not enrolled.
 * -ETIMEDOUT, or -EBADMSG and others of store_entry_load: the entry is open all the same.
 * Else an error of store.h, also for a missing store; `reason` is set. */
int stored_account_open(const struct exchange *exchange, enum stored_account_mode mode,
                        int64_t until_ms, struct stored_account *ret, struct reason *reason);

/* Waits for the lock of a PLACE_VACANT until `until_ms` and loads its record, which is empty where
 * nothing was enrolled. Errors as of place_open, without -ENOENT. */
int stored_account_lock(struct stored_account *stored, int64_t until_ms, struct reason *reason);

/* Closes the place, which ends its lock, and wipes the record. */
void stored_account_close(struct stored_account *stored);

/* Whose record a visit is about. */
struct store_owner stored_account_owner(const struct exchange *exchange);

#endif
