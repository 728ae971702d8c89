/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy.h - what the administrator demands beyond a renewed grant: scopes, groups, claims. Pure.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_POLICY_H
#define OAUTH_LOGIN_HELPER_GRANT_POLICY_H

#include "config.h"
#include "json.h"
#include "protocol.h"
#include "reason.h"

/* Whether `scope`, as the token endpoint granted it (RFC 6749 section 3.3, "" when it did not say),
 * holds every word of require_scope. NONE or DENIED; `reason` names what is missing. */
enum verdict policy_check_scope(const struct provider_config *provider, const char *scope,
                                struct reason *reason);

/* Whether live claims have one of require_groups and all of require_claim. Compared are whole
 * values, exactly. NONE or DENIED; `reason` names what is missing. MISCONFIGURED for groups that
 * are too many to be sent: whether the account is in one of them is not known. */
enum verdict policy_check_claims(const struct provider_config *provider, struct json_object *claims,
                                 struct reason *reason);

#endif
