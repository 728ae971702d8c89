/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keys.h - the keys that a provider signs with: its JSON Web Key Set (RFC 7517), kept in the
 * account's record for a day.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_KEYS_H
#define OAUTH_LOGIN_HELPER_OAUTH_KEYS_H

#include <stdbool.h>

#include "config.h"
#include "http.h"
#include "json.h"
#include "outcome.h"
#include "reason.h"
#include "record.h"

/* Whether the keys cached in `record` are still valid: they came from the current jwks_uri, within
 * a day. */
bool keys_are_cached(const struct provider_config *provider, const struct record *record);

/* Gets the provider's JSON Web Key Set (RFC 7517): from `record`, or, with `refetch` or when
 * `record` has no valid one, from jwks_uri into `record`. ANSWERED with the object, owned by the
 * caller; NO_ENDPOINT if the provider has no jwks_uri; else the outcome of the request. */
enum outcome keys_find(const struct provider_config *provider, struct record *record, bool refetch,
                       const struct http_patience *patience, struct json_object **ret_keys,
                       struct reason *reason);

#endif
