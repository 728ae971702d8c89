/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * account.h - the local account of a request, as the name service knows it.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_ACCOUNT_H
#define OAUTH_LOGIN_HELPER_GRANT_ACCOUNT_H

#include <sys/types.h>

#include "config.h"
#include "protocol.h"
#include "reason.h"

struct account {
    char name[PROTOCOL_NAME_MAX + 1]; /* pw_name, not the name that was typed */
    uid_t uid;
    gid_t gid;
};

/* Looks up the account `typed`. -ENOENT when the name service does not know it, -EINVAL when it is
 * not a valid account name, -EIO when the name service fails; `reason` is set. */
int account_resolve(const char *typed, struct account *ret, struct reason *reason);

/* Whether oauth-login manages the logins of `account`: 1 or 0. -EINVAL when managed_group does not
 * exist, -ENOMEM, and -E2BIG for too many groups. `reason` is set unless 1. */
int account_is_managed(const struct account *account, const struct login_config *login,
                       struct reason *reason);

#endif
