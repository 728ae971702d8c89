/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - opens the files and directories of the store, after checking that no other user could
 * have changed them.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_FILE_H
#define OAUTH_LOGIN_HELPER_STORE_FILE_H

#include "reason.h"

/* Opens the regular file `name` of the directory `dir` with `flags` of open(2), without following a
 * link. It MUST belong to our user, give no other user any access and have no second hard link; all
 * of this is checked on the descriptor. `path` names the directory in `reason`. Returns the
 * descriptor, -EPERM, or an error of open(2), of which -ENOENT leaves `reason` alone. */
int store_file_open(int dir, const char *path, const char *name, int flags, struct reason *reason);

/* The same for the directory `name`, or for `path` itself when `name` is NULL. */
int store_file_open_dir(int dir, const char *path, const char *name, struct reason *reason);

/* Checks that only root and our user could replace the directory `dir`, which `path` names in
 * `reason`. Else -EPERM. */
int store_file_check_parent(int dir, const char *path, struct reason *reason);

#endif
