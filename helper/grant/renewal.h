/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * renewal.h - one renewal of a grant: the only place where a refresh token leaves the machine.
 *
 * At every instant the token MUST be durably in one place. So the record says that a renewal is
 * in flight before the request is sent, and the rotated token is taken from the answer whatever
 * else that is found to be, and stored before anything else is done. One window is left that no
 * client can close: between the provider's rotation and the end of our fdatasync.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_RENEWAL_H
#define OAUTH_LOGIN_HELPER_GRANT_RENEWAL_H

#include "config.h"
#include "http.h"
#include "store.h"

enum { RENEWAL_LINGER_MS = 30000 }; /* how long an answer to a sent request is waited for */

struct renewal {
    const struct provider_config *provider;
    struct store_entry *entry;  /* locked */
    struct record *record;      /* as stored */
    struct record_grant *grant; /* the record's grant, or its pending one */
    bool proof_follows;         /* a renewal alone is no yes yet: the caller notes the verdict */
    struct http_patience patience;
    struct reason reason; /* set unless nothing speaks against the account */
    bool rotated;         /* set when a new refresh token was stored */
    bool answered;        /* the token endpoint gave a complete answer to this renewal */
    bool lost;            /* an answer was lost: to this renewal, or to one before */
    bool sent_again;      /* the request went out a second time */
};

/* Renews, stores what came, and returns what the provider's answer means for the account. When
 * NONE, nothing speaks against it: access, expires and scope of the grant are new. An answer about
 * the account's own grant is noted for later logins (verdict_cache.h). FAULT when the store failed.
 */
enum verdict renewal_run(struct renewal *renewal);

#endif
