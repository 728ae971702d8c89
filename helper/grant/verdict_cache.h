/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict_cache.h - what the answers to earlier logins mean for this one: shared for a while, so
 * that many logins at once are one request, and the grace that the provider's last yes gives while
 * it is unreachable. Pure: looks at the record and the clocks only.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_VERDICT_CACHE_H
#define OAUTH_LOGIN_HELPER_GRANT_VERDICT_CACHE_H

#include "config.h"
#include "record.h"

/* Notes in the record that the provider's answer lets the account in, or which verdict it is
 * instead; the caller stores the record. */
void verdict_cache_store_yes(struct record *record, const struct provider_config *provider);
void verdict_cache_store(struct record *record, const struct provider_config *provider,
                         enum verdict verdict, const struct reason *reason);

/* Whether the provider's last word about the account was a yes. */
bool verdict_cache_has_yes(const struct record *record);

/* The verdict to share, or VERDICT_NONE when the provider is to be asked:
 *  - its last word about the account, for login->reuse_within;
 *  - UNREACHABLE, for login->offline_timeout;
 *  - MISCONFIGURED, for 1 to 5 minutes, unless the client's settings have changed since: some
 *    providers burn a grant on a wrong secret. */
enum verdict verdict_cache_lookup(const struct record *record, const struct config *config,
                                  struct reason *reason);

/* Forgets that the provider has refused the client, so that the next login asks it: for whoever has
 * seen it accept the client since. False when there is nothing to forget. */
bool verdict_cache_clear_refusal(struct record *record);

/* Whether login->offline_grace still lets the account in: its last verdict was GRANTED, not
 * longer ago than that by either clock, no clock went back, and client and policy are the same.
 * `ret_until` is wall seconds. */
bool verdict_cache_grace(const struct record *record, const struct config *config,
                         int64_t *ret_until);

#endif
