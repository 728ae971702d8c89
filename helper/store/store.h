/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.h - the store of grants: one entry for each enrolled account, which holds one record.
 *
 * Open the entry, lock it, load the record, replace it as often as needed, unlock. A record carries
 * the generation that it was loaded as; a replace that finds another one stored fails with -ESTALE,
 * so that a second backend can do without locks that hold across machines.
 *
 * Every function that can fail returns a negative errno and fills `reason` for the log.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_STORE_H
#define OAUTH_LOGIN_HELPER_STORE_STORE_H

#include <stdint.h>
#include <sys/types.h>

#include "owner.h"
#include "reason.h"
#include "record.h"

struct store;
struct store_entry;

#define SCOPED_STORE __attribute__((cleanup(store_close)))
#define SCOPED_ENTRY __attribute__((cleanup(store_entry_close)))

/* Opens the store in the directory `path` after checking its owner and mode, and those of the
 * directory above. -EPERM for a wrong owner or mode, -ENOENT and other errors of open(2). */
int store_open(const char *path, struct store **ret, struct reason *reason);
void store_close(struct store **store);

/* Opens the entry of `owner`, whose strings MUST outlive it. -ENOENT: not enrolled. -EPERM for a
 * file of the wrong owner, mode or kind; -ENOKEY when the master key is missing. The functions
 * below open no file: all that they need is open afterwards. */
int store_entry_open(struct store *store, const struct store_owner *owner, struct store_entry **ret,
                     struct reason *reason);

/* As store_entry_open, but makes the entry if there is none: with `record` as generation 1, or
 * vacant when `record` is NULL. Makes the master key when nothing is stored yet. */
int store_entry_create(struct store *store, const struct store_owner *owner, struct record *record,
                       struct store_entry **ret, struct reason *reason);

void store_entry_close(struct store_entry **entry);

/* Waits for the entry's lock until `until_ms` of the boot clock: -ETIMEDOUT. -ENOENT when its
 * directory was removed in the meantime. The lock ends with the process, however it ends. */
int store_entry_lock(struct store_entry *entry, int64_t until_ms, struct reason *reason);
void store_entry_unlock(struct store_entry *entry);

/* Loads the newest record that opens into `ret`, replaced. It is consistent without the lock, but
 * only under the lock does it stay the newest. -ENOENT when the entry is vacant: `ret` is cleared,
 * and a record built from the cleared `ret` may be stored with store_entry_replace. -EBADMSG when
 * no record opens, -EKEYREJECTED when it was sealed for another owner. */
int store_entry_load(struct store_entry *entry, struct record *ret, struct reason *reason);

/* Stores `record` durably as the next generation, and increments record->generation. The previous
 * one stays until the next replace. -ESTALE when another record was stored since `record` was
 * loaded; else an error of the disk, and then the previous record is still the stored one. */
int store_entry_replace(struct store_entry *entry, struct record *record, struct reason *reason);

/* Makes room for what a renewal of `record` may return, so that the replace that follows does not
 * find the disk full. -ENOSPC, or another error of the disk. */
int store_entry_reserve(struct store_entry *entry, const struct record *record,
                        struct reason *reason);

/* Erases the entry's record durably. MUST be called under the lock. An empty entry of that name,
 * bound to no uid, remains: the sandbox does not allow it to be removed. */
int store_entry_vacate(struct store_entry *entry, struct reason *reason);

/* Calls `visit` for each entry in the order of names, with the owner its record claims
 * (uid (uid_t) -1 and provider "" when it can't be read). Stops at its first negative return value
 * and returns that. */
int store_each(struct store *store, int (*visit)(const struct store_owner *owner, void *context),
               void *context, struct reason *reason);

#endif
