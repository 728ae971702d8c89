/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * key.h - the store's master key, and the key of each account, which is derived from it: the key
 * of one account opens no record of another.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_KEY_H
#define OAUTH_LOGIN_HELPER_STORE_KEY_H

#include <stdbool.h>

#include "owner.h"
#include "reason.h"
#include "secret.h"

/* Derives the key of `owner` from the master key in the file `key` of the directory `root`
 * (named `path` in reasons). With `make`, a missing master key is made first, durably. -ENOKEY
 * when it is missing, -EPERM for a wrong owner, mode or kind of file, -EBADMSG for a wrong size. */
int store_key_derive(int root, const char *path, const struct store_owner *owner, bool make,
                     struct secret *ret_key, struct reason *reason);

#endif
