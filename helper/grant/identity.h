/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * identity.h - whose grant it is: the provider's claims against the local account.
 */
#ifndef OAUTH_LOGIN_HELPER_GRANT_IDENTITY_H
#define OAUTH_LOGIN_HELPER_GRANT_IDENTITY_H

#include "account.h"
#include "config.h"
#include "json.h"
#include "record.h"

/* Copies the subject at the dotted path `claim`: a text, or, of any claim but sub, which MUST be
 * one, a whole number, as GitHub has it. False when there is none of 1 to 255 bytes. */
bool identity_subject(struct json_object *claims, const char *claim, char ret[RECORD_SUBJECT_SIZE]);

/* Matches the claims of an ID token, whose `subject_claim` is sub, or of userinfo (OpenID Connect
 * Core section 5.3.2) with `account`: by [accounts], else by username_claim; exactly, case and all.
 * NONE, with the subject in `ret_subject`, or DENIED with the reason. */
enum verdict identity_match(const struct config *config, const struct account *account,
                            struct json_object *claims, const char *subject_claim,
                            char ret_subject[RECORD_SUBJECT_SIZE], struct reason *reason);

/* The subject that [accounts] alone gives `account`, for a provider that has no userinfo. */
enum verdict identity_match_configured(const struct config *config, const struct account *account,
                                       char ret_subject[RECORD_SUBJECT_SIZE],
                                       struct reason *reason);

/* Whether what was pinned at enrollment is what the configuration says today: NONE, or DENIED. */
enum verdict identity_check_pin(const struct config *config, const struct account *account,
                                const struct record *record, struct reason *reason);

#endif
