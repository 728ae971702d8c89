/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * proof.h - checks proof, beyond a renewed grant, that the account is active and still belongs to
 * the same person: some providers still renew the grant of a disabled account. NONE always means
 * that nothing speaks against the account; any other verdict comes with the reason.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_PROOF_H
#define OAUTH_LOGIN_HELPER_GRANT_PROOF_H

#include <stdbool.h>

#include "config.h"
#include "http.h"
#include "json.h"
#include "protocol.h"
#include "reason.h"
#include "record.h"

/* Checks the token endpoint's response, stored in `grant` (a member of `record`). The scope must
 * satisfy require_scope. If an ID token came, its issuer, audience, times and nonce are checked,
 * its subject must be `subject`, and it must not be older than the previous one
 * (record->id_token_issued). Pure: no I/O. NONE or DENIED; MISCONFIGURED for an ID token that
 * cannot be read. */
enum verdict proof_check_answer(const struct provider_config *provider, struct record *record,
                                const struct record_grant *grant, const char *subject,
                                struct reason *reason);

/* Whether proof_check_live() has anything to check. */
bool proof_is_needed(const struct provider_config *provider);

/* Gets the proof about `grant` that the setting `require` demands; its subject must be `subject`.
 * Then checks require_groups and require_claim in it. NONE, DENIED, UNREACHABLE, MISCONFIGURED or
 * FAULT. */
enum verdict proof_check_live(const struct provider_config *provider, struct record *record,
                              const struct record_grant *grant, const char *subject,
                              const struct http_patience *patience, struct reason *reason);

/* Verifies the signature and the claims of the grant's ID token. If cached keys fail, fetches new
 * ones once. NONE with the claims, owned by the caller; MISCONFIGURED if there is no ID token, or
 * one whose algorithm is not accepted; else DENIED, UNREACHABLE or FAULT. */
enum verdict proof_verify_id_token(const struct provider_config *provider, struct record *record,
                                   const struct record_grant *grant,
                                   const struct http_patience *patience,
                                   struct json_object **ret_claims, struct reason *reason);

#endif
