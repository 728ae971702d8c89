/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * permission.c - decides which caller may make which request. An operation without a row is for
 * root alone.
 */
#include "permission.h"

#include <stddef.h>

/* The operations that the account's own user may request, too. */
static const enum protocol_operation of_owner[] = {
    OPERATION_VERIFY,  OPERATION_FRESH_TOKEN, OPERATION_ENROLL,
    OPERATION_BROWSER, OPERATION_UNENROLL,    OPERATION_STATUS,
};

static bool is_of_owner(enum protocol_operation operation) {
    for (size_t i = 0; i < sizeof of_owner / sizeof of_owner[0]; i++)
        if (of_owner[i] == operation)
            return true;
    return false;
}

bool permission_is_given(enum protocol_operation operation, uid_t uid,
                         const struct account *account, struct reason *reason) {
    bool owner = is_of_owner(operation);

    if (uid == 0 || (owner && account && account->uid == uid))
        return true;
    reason_set(reason, 0, "uid %u may not request this; only root%s may", uid,
               owner ? " and the account's own user" : "");
    return false;
}
