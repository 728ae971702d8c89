/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * account.c - the account of an open session.
 */
#include "account.h"

#include <pwd.h>

bool account_has_uid(const struct session_file *session, uid_t uid) {
    const struct passwd *entry = getpwnam(session->account);
    return entry && entry->pw_uid == uid;
}
