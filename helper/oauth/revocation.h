/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * revocation.h - asks the provider to revoke a token (RFC 7009).
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_REVOCATION_H
#define OAUTH_LOGIN_HELPER_OAUTH_REVOCATION_H

#include "config.h"
#include "http.h"
#include "outcome.h"
#include "reason.h"
#include "record.h"
#include "secret.h"
#include "token_request.h"

/* Revokes `token`. `issuer` is its issuer, as provider_identity() names it; the token is never sent
 * to any other issuer. `record` keeps the discovery document. ANSWERED when the provider has
 * revoked it; NO_ENDPOINT when it can never be revoked, because the provider has no such endpoint
 * or another issuer is configured now; else the outcome of the request. `reason` is set unless
 * ANSWERED. */
enum outcome revocation_send(const struct provider_config *provider, struct record *record,
                             const struct secret *token, enum oauth_token_kind kind,
                             const char *issuer, const struct http_patience *patience,
                             struct reason *reason);

#endif
