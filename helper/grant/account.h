/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * account.h - the local account that is asked about, as the name service knows it.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_ACCOUNT_H
#define OAUTH_LOGIN_HELPER_GRANT_ACCOUNT_H

#include <stdbool.h>
#include <sys/types.h>

#include "config.h"
#include "protocol.h"
#include "reason.h"

struct account {
    char name[PROTOCOL_NAME_MAX + 1]; /* pw_name, not what was typed */
    uid_t uid;
    gid_t gid;
};

/* Looks `typed` up. -ENOENT when the name service does not know it, -EINVAL for what can't be an
 * account's name, -EIO when the name service fails. */
int account_resolve(const char *typed, struct account *ret, struct reason *reason);

/* Whether logins of `account` are this program's business: 1 or 0; -EINVAL when the configuration
 * names a group that does not exist. When 0, `reason` says why not. */
int account_is_managed(const struct account *account, const struct login_config *login,
                       struct reason *reason);

#endif
