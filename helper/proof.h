/*
 * proof.h - live proof that the account is active, and what policy demands of it: at some providers
 * a grant still renews when its account is disabled.
 */
#ifndef OAUTH_LOGIN_PROOF_H
#define OAUTH_LOGIN_PROOF_H

#include "config.h"
#include "http.h"
#include "record.h"

/* Whether proof_check has anything to say beyond the renewal. */
bool proof_is_needed(const struct provider_config *provider);

/* Asks what [provider] require says about the access token of `grant`, a member of `record`; its
 * subject must be `subject`. Then checks require_scope, require_groups and require_claim. GRANTED,
 * or DENIED, UNREACHABLE, MISCONFIGURED, FAULT with the reason. */
enum verdict proof_check(const struct provider_config *provider, struct record *record,
                         const struct record_grant *grant, const char *subject,
                         const struct http_patience *patience, struct reason *reason);

#endif
