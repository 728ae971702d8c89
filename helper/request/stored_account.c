/*
 * place.c - an account's place in the store.
 */
#include "stored_account.h"

#include <errno.h>

#include "sandbox.h"

struct store_owner place_owner(const struct visit *visit) {
    return (struct store_owner){visit->account.name, visit->account.uid,
                                visit->config.provider.name};
}

void place_close(struct place *place) {
    store_entry_close(&place->entry);
    record_clear(&place->record);
}

/* The store's own directories are closed again: nothing of them is needed any more. */
static int open_entry(const struct visit *visit, enum place_mode mode, struct place *ret,
                      struct reason *reason) {
    SCOPED_STORE struct store *store = NULL;
    struct store_owner owner = place_owner(visit);
    int r = store_open(OAUTH_LOGIN_STORE, &store, reason);
    if (r < 0)
        return r == -ENOENT ? -EIO : r; /* no store is not "no grant" */
    if (mode == PLACE_READ || mode == PLACE_LOCKED)
        return store_entry_open(store, &owner, &ret->entry, reason);
    return store_entry_create(store, &owner, mode == PLACE_MADE ? &ret->record : NULL, &ret->entry,
                              reason);
}

int place_open(const struct visit *visit, enum place_mode mode, int64_t until_ms, struct place *ret,
               struct reason *reason) {
    int r = open_entry(visit, mode, ret, reason);
    if (r >= 0)
        r = sandbox_enter(visit->config.provider.ca_file, reason);
    if (r < 0)
        return r;
    if (mode == PLACE_VACANT) {
        r = store_entry_load(ret->entry, &ret->record, reason);
        return r == -ENOENT ? 0 : r;
    }
    if (mode == PLACE_MADE)
        return place_lock(ret, until_ms, reason);
    if (mode == PLACE_LOCKED)
        r = store_entry_lock(ret->entry, until_ms, reason);
    return r < 0 ? r : store_entry_load(ret->entry, &ret->record, reason);
}

int place_lock(struct place *place, int64_t until_ms, struct reason *reason) {
    int r = store_entry_lock(place->entry, until_ms, reason);
    if (r == -ENOENT)
        return -ESTALE; /* its directory was removed, by hand */
    if (r >= 0)
        r = store_entry_load(place->entry, &place->record, reason);
    return r == -ENOENT ? 0 : r;
}
