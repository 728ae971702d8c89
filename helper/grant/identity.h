/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * identity.h - finds out to whom a grant belongs: matches the provider's claims with the local
 * account.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_IDENTITY_H
#define OAUTH_LOGIN_HELPER_GRANT_IDENTITY_H

#include <stdbool.h>

#include "account.h"
#include "config.h"
#include "json.h"
#include "protocol.h"
#include "reason.h"
#include "record.h"

/* Copies the subject at the dotted path `claim`: a string, or a whole number, as GitHub's id is;
 * but `sub` MUST be a string. False when there is no subject of 1 to 255 bytes. */
bool identity_subject(struct json_object *claims, const char *claim, char ret[RECORD_SUBJECT_SIZE]);

/* Matches the claims of an ID token, whose `subject_claim` is sub, or of userinfo (OpenID Connect
 * Core section 5.3.2) with `account`: by [accounts], else by username_claim. The match is exact and
 * case-sensitive. Returns NONE (nothing speaks against the account) with the subject in
 * `ret_subject`, or DENIED with the reason. */
enum verdict identity_match(const struct config *config, const struct account *account,
                            struct json_object *claims, const char *subject_claim,
                            char ret_subject[RECORD_SUBJECT_SIZE], struct reason *reason);

/* Takes the subject of `account` from [accounts] alone, for a provider without userinfo. Returns as
 * identity_match(). */
enum verdict identity_match_configured(const struct config *config, const struct account *account,
                                       char ret_subject[RECORD_SUBJECT_SIZE],
                                       struct reason *reason);

/* Checks that the issuer and subject that were pinned at enrollment still fit the configuration.
 * Returns NONE (nothing speaks against the account), or DENIED with the reason. */
enum verdict identity_check_pin(const struct config *config, const struct account *account,
                                const struct record *record, struct reason *reason);

#endif
