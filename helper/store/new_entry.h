/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * new_entry.h - lets one process at a time create an entry, and removes the remains of a process
 * that died while creating one.
 *
 * An entry is made under the name STORE_UNFINISHED, and only under the lock of accounts/. So
 * anything of that name that a new holder of the lock finds is abandoned.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_NEW_ENTRY_H
#define OAUTH_LOGIN_HELPER_STORE_NEW_ENTRY_H

#include "reason.h"

#define STORE_UNFINISHED ".new"

/* Locks the open directory `accounts`, in which an entry will be made at `path`, and removes an
 * abandoned one. The lock is held during work on this disk only, never while waiting for the
 * network. If another process holds it for more than 5 s, that process has probably been stopped,
 * and this returns -ETIMEDOUT. Else an error of lock_wait. */
int new_entry_begin(int accounts, const char *path, struct reason *reason);
void new_entry_end(int accounts);

/* Removes an unfinished entry, if there is one, with its files. */
void new_entry_sweep(int accounts);

#endif
