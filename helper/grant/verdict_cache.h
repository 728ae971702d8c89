/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict_cache.h - the verdicts of earlier logins, which this login may use. They are shared for a
 * while, so that many logins at once need one request; and the provider's last yes lets the account
 * in for a while when the provider is unreachable (offline_grace). Pure: uses the record and the
 * clocks only.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_VERDICT_CACHE_H
#define OAUTH_LOGIN_HELPER_GRANT_VERDICT_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "protocol.h"
#include "reason.h"
#include "record.h"

/* Note a verdict in the record: the first function, that the account may log in; the second, any
 * other verdict. The caller stores the record. */
void verdict_cache_store_yes(struct record *record, const struct provider_config *provider);
void verdict_cache_store(struct record *record, const struct provider_config *provider,
                         enum verdict verdict, const struct reason *reason);

/* Whether the last verdict about the account let it in. */
bool verdict_cache_has_yes(const struct record *record);

/* Returns the verdict to share, with its reason, or VERDICT_NONE when the provider must be asked:
 *  - the last verdict about the account, for login->reuse_within;
 *  - UNREACHABLE, for login->offline_timeout;
 *  - MISCONFIGURED, for 1 to 5 minutes, unless the client's settings have changed since: some
 *    providers revoke a grant that is used with a wrong secret. */
enum verdict verdict_cache_lookup(const struct record *record, const struct config *config,
                                  struct reason *reason);

/* Forgets that the provider has refused the client, so that the next login asks it again. Call this
 * after the provider has been seen to accept the client. Returns false if there was no refusal to
 * forget. */
bool verdict_cache_clear_refusal(struct record *record);

/* Whether login->offline_grace still lets the account in: its last verdict let it in, no longer ago
 * than offline_grace by either clock, neither clock went back, and the settings of client and
 * policy are the same. Sets `ret_until`, the end of the grace in wall seconds. */
bool verdict_cache_grace(const struct record *record, const struct config *config,
                         int64_t *ret_until);

#endif
