/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stored_account.c - opens, locks and loads the stored account of an exchange.
 */
#include "stored_account.h"

#include <errno.h>

#include "sandbox.h"

struct store_owner stored_account_owner(const struct exchange *exchange) {
    return (struct store_owner){exchange->account.name, exchange->account.uid,
                                exchange->config.provider.name};
}

void stored_account_close(struct stored_account *stored) {
    store_entry_close(&stored->entry);
    record_clear(&stored->record);
}

/* Opens the entry, and closes the store's directories again, which are not needed later. */
static int open_entry(const struct exchange *exchange, enum stored_account_mode mode,
                      struct stored_account *ret, struct reason *reason) {
    SCOPED_STORE struct store *store = NULL;
    struct store_owner owner = stored_account_owner(exchange);
    int r = store_open(OAUTH_LOGIN_STORE, &store, reason);
    if (r < 0)
        return r == -ENOENT ? -EIO : r; /* -ENOENT would mean "not enrolled" */
    if (mode == STORED_READ || mode == STORED_LOCKED)
        return store_entry_open(store, &owner, &ret->entry, reason);
    return store_entry_create(store, &owner, mode == STORED_CREATED ? &ret->record : NULL,
                              &ret->entry, reason);
}

int stored_account_open(const struct exchange *exchange, enum stored_account_mode mode,
                        int64_t until_ms, struct stored_account *ret, struct reason *reason) {
    int r = open_entry(exchange, mode, ret, reason);
    if (r >= 0)
        r = sandbox_enter(exchange->config.provider.ca_file, reason);
    if (r < 0)
        return r;

    if (mode == STORED_VACANT) {
        r = store_entry_load(ret->entry, &ret->record, reason);
        return r == -ENOENT ? 0 : r;
    }
    if (mode == STORED_CREATED)
        return stored_account_lock(ret, until_ms, reason);
    if (mode == STORED_LOCKED)
        r = store_entry_lock(ret->entry, until_ms, reason);
    return r < 0 ? r : store_entry_load(ret->entry, &ret->record, reason);
}

int stored_account_lock(struct stored_account *stored, int64_t until_ms, struct reason *reason) {
    int r = store_entry_lock(stored->entry, until_ms, reason);
    if (r == -ENOENT)
        return -ESTALE; /* an administrator removed its directory */
    if (r >= 0)
        r = store_entry_load(stored->entry, &stored->record, reason);
    return r == -ENOENT ? 0 : r;
}
