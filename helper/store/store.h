/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.h - where grants lie: one entry for each enrolled account, holding one record.
 *
 * The use is: open the entry, lock it, load the record, replace it as often as needed, unlock.
 * A record knows the generation it was loaded as; a replace that finds another one stored fails
 * with -ESTALE, so that a second backend can do without locks that hold across machines.
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

/* Opens the store in the directory `path` after checking who owns it and who could write to it.
 * -EPERM for a wrong owner or mode, -ENOENT and other errors of open(2). */
int store_open(const char *path, struct store **ret, struct reason *reason);
void store_close(struct store **store);

/* Opens the entry of `owner`, whose strings must outlive it. -ENOENT: not enrolled. -EPERM for a
 * file of the wrong owner, mode or kind; -ENOKEY when the master key is missing. Everything that
 * later calls need is open afterwards: they open no file. */
int store_entry_open(struct store *store, const struct store_owner *owner, struct store_entry **ret,
                     struct reason *reason);

/* As store_entry_open, but makes the entry when there is none, with `record` in it as generation
 * 1, or vacant when it is NULL; makes the master key when nothing is stored yet. */
int store_entry_create(struct store *store, const struct store_owner *owner, struct record *record,
                       struct store_entry **ret, struct reason *reason);

void store_entry_close(struct store_entry **entry);

/* Waits for the entry's lock until `until_ms` of the boot clock: -ETIMEDOUT. -ENOENT when its
 * directory was removed meanwhile. The lock ends with the process, however it ends. */
int store_entry_lock(struct store_entry *entry, int64_t until_ms, struct reason *reason);
void store_entry_unlock(struct store_entry *entry);

/* Loads the newest record that opens into `ret`, replaced. Needs no lock to be consistent, but
 * only under the lock is it the newest. -ENOENT when the entry is vacant: `ret` is cleared, and
 * may be replaced. -EBADMSG when none opens, -EKEYREJECTED when it was sealed for another owner. */
int store_entry_load(struct store_entry *entry, struct record *ret, struct reason *reason);

/* Stores `record` durably as the next generation and counts it in the record; the previous one
 * stays until the replace after this. -ESTALE when `record` was not loaded from what is stored;
 * else an error of the disk, and then the previous record is still what is stored. */
int store_entry_replace(struct store_entry *entry, struct record *record, struct reason *reason);

/* Makes room for what a renewal of `record` may bring, so that replacing it afterwards does not
 * find the disk full: -ENOSPC, or another error of the disk. */
int store_entry_reserve(struct store_entry *entry, const struct record *record,
                        struct reason *reason);

/* Takes everything out of the entry, durably. Under the lock only. What stays is an empty place
 * of that name and of no uid: removing it is nothing that the sandbox allows. */
int store_entry_vacate(struct store_entry *entry, struct reason *reason);

/* Calls `visit` for each entry in the order of names, with the owner its record claims
 * (uid (uid_t) -1 and provider "" when it can't be read); stops at its first negative return. */
int store_each(struct store *store, int (*visit)(const struct store_owner *owner, void *context),
               void *context, struct reason *reason);

#endif
