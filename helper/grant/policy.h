/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy.h - checks the administrator's demands beyond a renewed grant: scopes, groups and claims.
 * Pure: no I/O. NONE always means that nothing speaks against the account.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_POLICY_H
#define OAUTH_LOGIN_HELPER_GRANT_POLICY_H

#include "config.h"
#include "json.h"
#include "protocol.h"
#include "reason.h"

/* Checks that `scope`, as granted by the token endpoint (RFC 6749 section 3.3; "" when the provider
 * did not say), has every word of require_scope. NONE, or DENIED with a reason that names the
 * missing one. */
enum verdict policy_check_scope(const struct provider_config *provider, const char *scope,
                                struct reason *reason);

/* Checks that live claims have one of require_groups and all of require_claim. Whole values are
 * compared exactly. NONE, or DENIED with a reason that names what is missing. MISCONFIGURED when
 * the provider sent no groups because there are too many: the account may or may not be in one of
 * them. */
enum verdict policy_check_claims(const struct provider_config *provider, struct json_object *claims,
                                 struct reason *reason);

#endif
