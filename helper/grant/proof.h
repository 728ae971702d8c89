/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proof.h - what proves, beyond a renewed grant, that the account is active and still the same: at
 * some providers a grant still renews when its account is disabled.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_PROOF_H
#define OAUTH_LOGIN_HELPER_GRANT_PROOF_H

#include "config.h"
#include "http.h"
#include "json.h"
#include "record.h"

/* Checks what the token endpoint's answer itself says about `grant`, a member of `record`: the
 * scope of require_scope, and an ID token, if one came: its issuer, its audience, its time, its
 * subject, which must be `subject`, the nonce that the grant says, and that it is not older than
 * the one before. Pure. NONE or DENIED; MISCONFIGURED for an ID token that can't be read. */
enum verdict proof_check_answer(const struct provider_config *provider, struct record *record,
                                const struct record_grant *grant, const char *subject,
                                struct reason *reason);

/* Whether proof_check_live asks for anything. */
bool proof_is_needed(const struct provider_config *provider);

/* Gets the proof that [provider] require demands about `grant`; its subject must be `subject`. Then
 * checks require_groups and require_claim in it. NONE, or DENIED, UNREACHABLE, MISCONFIGURED,
 * FAULT with the reason. */
enum verdict proof_check_live(const struct provider_config *provider, struct record *record,
                              const struct record_grant *grant, const char *subject,
                              const struct http_patience *patience, struct reason *reason);

/* The claims of the grant's ID token after its signature was verified, with keys that are fetched
 * anew once for one that is not known. NONE with the object, owned by the caller; MISCONFIGURED
 * without an ID token, or with one of an algorithm that is not accepted; else DENIED, UNREACHABLE,
 * FAULT. */
enum verdict proof_verify_id_token(const struct provider_config *provider, struct record *record,
                                   const struct record_grant *grant,
                                   const struct http_patience *patience,
                                   struct json_object **ret_claims, struct reason *reason);

#endif
