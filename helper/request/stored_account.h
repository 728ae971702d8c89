/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stored_account.h - the stored account of an exchange, as a use case works with it: its entry in
 * the store is open, and locked if the use case needs that, and its record is loaded.
 */
#ifndef OAUTH_LOGIN_HELPER_REQUEST_STORED_ACCOUNT_H
#define OAUTH_LOGIN_HELPER_REQUEST_STORED_ACCOUNT_H

#include <stdint.h>

#include "exchange.h"
#include "reason.h"
#include "record.h"
#include "store.h"

struct stored_account {
    struct store_entry *entry;
    struct record record; /* as stored */
};

#define SCOPED_STORED_ACCOUNT __attribute__((cleanup(stored_account_close)))

enum stored_account_mode {
    STORED_READ,    /* without the lock */
    STORED_LOCKED,  /* waits for the lock */
    STORED_CREATED, /* waits for the lock; if there is no entry, creates one from ret->record */
    STORED_VACANT, /* without the lock; if there is no entry, creates a vacant one. The caller later
                      calls stored_account_lock(), which also loads the current record */
};

/* Opens the stored account of the exchange, enters the sandbox, and waits for the lock until
 * `until_ms`. Afterwards only files that are open already can be written. -ENOENT: not enrolled.
 * -ETIMEDOUT, or -EBADMSG and other errors of store_entry_load; in these cases the entry is open
 * nevertheless. Else an error of store.h, also for a missing store; `reason` is set. */
int stored_account_open(const struct exchange *exchange, enum stored_account_mode mode,
                        int64_t until_ms, struct stored_account *ret, struct reason *reason);

/* Waits until `until_ms` for the lock of an account that was opened as STORED_VACANT, and loads its
 * record, which is empty when nothing is enrolled. Errors as of stored_account_open, without
 * -ENOENT. */
int stored_account_lock(struct stored_account *stored, int64_t until_ms, struct reason *reason);

/* Closes the entry, which ends its lock, and wipes the record. */
void stored_account_close(struct stored_account *stored);

/* Returns the owner of the record that the exchange is about. */
struct store_owner stored_account_owner(const struct exchange *exchange);

#endif
