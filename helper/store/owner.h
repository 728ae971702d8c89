/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owner.h - the account that a record is sealed for.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_OWNER_H
#define OAUTH_LOGIN_HELPER_STORE_OWNER_H

#include <sys/types.h>

/* Whose record it is. A record opens only for the owner it was sealed for. */
struct store_owner {
    const char *account; /* the name service's spelling; not empty, no '/', not "." or ".." */
    uid_t uid;
    const char *provider; /* the configuration's name for it */
};

#endif
