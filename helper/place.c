/*
 * place.c - an account's place in the store.
 */
#include "place.h"

#include <errno.h>

struct store_owner place_owner(const struct visit *visit) {
    return (struct store_owner){visit->account.name, visit->account.uid,
                                visit->config.provider.name};
}

void place_close(struct place *place) {
    store_entry_close(&place->entry);
    store_close(&place->store);
    record_clear(&place->record);
}

int place_open(const struct visit *visit, enum place_mode mode, int64_t until_ms, struct place *ret,
               struct reason *reason) {
    struct store_owner owner = place_owner(visit);
    int r = store_open(OAUTH_LOGIN_STORE, &ret->store, reason);
    if (r < 0)
        return r == -ENOENT ? -EIO : r; /* no store is not "no grant" */
    r = mode == PLACE_MADE
            ? store_entry_create(ret->store, &owner, &ret->record, &ret->entry, reason)
            : store_entry_open(ret->store, &owner, &ret->entry, reason);
    if (r >= 0 && mode != PLACE_READ)
        r = store_entry_lock(ret->entry, until_ms, reason);
    return r < 0 ? r : store_entry_load(ret->entry, &ret->record, reason);
}
