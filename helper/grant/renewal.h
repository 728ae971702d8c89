/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * renewal.h - renews a grant: the only code that sends a refresh token in order to use it.
 *
 * At every instant the valid refresh token MUST be stored durably in one place. So the record says
 * that a renewal is in flight before the request is sent. The rotated token is taken out of the
 * response, whatever else the response contains, and stored before anything else is done. One
 * window remains that no client can close: between the provider's rotation and the end of our
 * fdatasync.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_RENEWAL_H
#define OAUTH_LOGIN_HELPER_GRANT_RENEWAL_H

#include <stdbool.h>

#include "config.h"
#include "http.h"
#include "protocol.h"
#include "reason.h"
#include "record.h"
#include "store.h"

enum { RENEWAL_LINGER_MS = 30000 }; /* how long to wait for the response to a sent request */

struct renewal {
    const struct provider_config *provider;
    struct store_entry *entry;  /* locked */
    struct record *record;      /* as stored */
    struct record_grant *grant; /* the record's grant, or its pending one */
    bool proof_follows; /* a renewal alone does not let the account in: the caller checks proof and
                         * notes the verdict */
    struct http_patience patience;

    /* Set by renewal_run(). */
    struct reason reason; /* unless NONE was returned */
    bool rotated;         /* a new refresh token came */
    bool answered;        /* the token endpoint sent a complete response */
    bool lost;            /* a response was lost: the one to this renewal, or to an earlier one */
    bool sent_again;      /* the request was sent a second time */
};

/* Renews the grant, stores the new tokens, and returns the meaning of the provider's response for
 * the account. NONE: nothing speaks against the account, and access, expires and scope of the grant
 * are new. A verdict about the account's own grant is noted for later logins (verdict_cache.h).
 * FAULT when the store or this machine failed. */
enum verdict renewal_run(struct renewal *renewal);

#endif
