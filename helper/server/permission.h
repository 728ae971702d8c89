/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * permission.h - who may make which request.
 */
#ifndef OAUTH_LOGIN_HELPER_SERVER_PERMISSION_H
#define OAUTH_LOGIN_HELPER_SERVER_PERMISSION_H

#include <stdbool.h>
#include <sys/types.h>

#include "account.h"
#include "protocol.h"
#include "reason.h"

/* Whether a caller with this uid may make the request about `account`: root may make any, the
 * account's own user those about their own account. NULL: the account is not known, and only root
 * may be told. Sets `reason` when it may not. */
bool permission_is_given(enum protocol_operation operation, uid_t uid,
                         const struct account *account, struct reason *reason);

#endif
