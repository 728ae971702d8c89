/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owner.h - the account that a record is sealed for. The seal covers all three members, so a record
 * that was moved to another account, uid or provider does not open.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_OWNER_H
#define OAUTH_LOGIN_HELPER_STORE_OWNER_H

#include <sys/types.h>

struct store_owner {
    const char *account; /* the name service's spelling; not empty, no '/', not "." or ".." */
    uid_t uid;
    const char *provider; /* the configuration's name for it */
};

#endif
