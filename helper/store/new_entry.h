/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * new_entry.h - the right to make an entry, and what those who died in the middle of it have
 * left behind.
 *
 * An entry is made under a name that begins with a dot, and only under the lock of accounts/: so
 * whatever a new holder of it finds there is nobody's any more.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_NEW_ENTRY_H
#define OAUTH_LOGIN_HELPER_STORE_NEW_ENTRY_H

#include "reason.h"

#define STORE_UNFINISHED ".new"

/* Locks `accounts`, the open directory of the entry that is to be at `path`, and removes what lies
 * under that name. The lock is held for work on this disk alone, never while the network is waited
 * for; who holds it for longer was stopped, and is not waited for. Errors of lock_wait. */
int new_entry_begin(int accounts, const char *path, struct reason *reason);
void new_entry_end(int accounts);

/* Removes an unfinished entry and what it has in it, as far as it is there. */
void new_entry_sweep(int accounts);

#endif
