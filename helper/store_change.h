/*
 * store_change.h - the right to make and to remove entries, and what those who died in the middle
 * of it have left behind.
 *
 * An entry comes and goes under one of two names that begin with a dot. They are only used under
 * the lock of accounts/, so whatever a new holder of it finds there is nobody's any more.
 */
#ifndef OAUTH_LOGIN_STORE_CHANGE_H
#define OAUTH_LOGIN_STORE_CHANGE_H

#include "reason.h"

#define STORE_CHANGE_UNFINISHED ".new"
#define STORE_CHANGE_REMOVED ".old"

/* Locks `accounts`, the open directory of that `path`, and removes what lies under the two names.
 * The lock is held for work on this disk alone, never while the network is waited for; who holds it
 * for longer was stopped, and is not waited for. Errors of lock_wait. */
int store_change_begin(int accounts, const char *path, struct reason *reason);
void store_change_end(int accounts);

/* Removes the entry's directory `name` and what an entry has in it, as far as it is there. */
void store_change_remove(int accounts, const char *name);

#endif
