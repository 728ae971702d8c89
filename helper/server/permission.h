/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * permission.h - decides which caller may make which request.
 */
#ifndef OAUTH_LOGIN_HELPER_SERVER_PERMISSION_H
#define OAUTH_LOGIN_HELPER_SERVER_PERMISSION_H

#include <stdbool.h>
#include <sys/types.h>

#include "account.h"
#include "protocol.h"
#include "reason.h"

/* Whether a caller with this uid may make the request about `account`: root may make any request,
 * and the account's own user those that concern their account. NULL: there is no such account, and
 * only root may learn that. Sets `reason` when the caller may not. */
bool permission_is_given(enum protocol_operation operation, uid_t uid,
                         const struct account *account, struct reason *reason);

#endif
