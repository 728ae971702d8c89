/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * revocation.h - telling the provider that a token has ended (RFC 7009).
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_REVOCATION_H
#define OAUTH_LOGIN_HELPER_OAUTH_REVOCATION_H

#include "config.h"
#include "http.h"
#include "outcome.h"
#include "record.h"
#include "token_request.h"

/* Revokes `token`, which came from `issuer` (provider_issuer) and goes nowhere else.
 * `record` is where discovery is kept. ANSWERED when the provider knows; NO_ENDPOINT when it can
 * never be told, for want of an endpoint or because the token is another issuer's; else what came
 * of the request; `reason` unless answered. */
enum outcome revocation_send(const struct provider_config *provider, struct record *record,
                             const struct secret *token, enum oauth_token_kind kind,
                             const char *issuer, const struct http_patience *patience,
                             struct reason *reason);

#endif
