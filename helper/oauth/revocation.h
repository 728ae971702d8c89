/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * revocation.h - telling the provider that a token has ended (RFC 7009).
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_REVOCATION_H
#define OAUTH_LOGIN_HELPER_OAUTH_REVOCATION_H

#include "config.h"
#include "http.h"
#include "record.h"
#include "token_request.h"

/* Revokes `token`, which came from `issuer` (provider_issuer) and goes nowhere else.
 * `record` is where discovery is kept. GRANTED when the provider knows; NOT_PERMITTED when it can't
 * be told, ever; else UNREACHABLE, MISCONFIGURED or FAULT; `reason` unless granted. */
enum verdict revocation_send(const struct provider_config *provider, struct record *record,
                             const struct secret *token, enum oauth_token_kind kind,
                             const char *issuer, const struct http_patience *patience,
                             struct reason *reason);

#endif
