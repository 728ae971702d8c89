/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decision.h - the steps of deciding about an enrolled account, which the operations for a login
 * and for an open session share.
 */
#ifndef OAUTH_LOGIN_HELPER_LOGIN_DECISION_H
#define OAUTH_LOGIN_HELPER_LOGIN_DECISION_H

#include <stdbool.h>

#include "exchange.h"
#include "protocol.h"
#include "record.h"
#include "stored_account.h"

/* Opens the stored account. NONE when the account is managed, enrolled, and its pinned issuer and
 * subject still fit the configuration; else the concluded verdict. */
enum verdict decision_open(struct exchange *exchange, enum stored_account_mode mode,
                           struct stored_account *ret);

/* Concludes with a verdict from the verdict cache, or renews the grant and concludes with the
 * verdict that follows. */
void decision_ask(struct exchange *exchange, struct stored_account *stored);

/* Turns a concluded UNREACHABLE into GRANTED_OFFLINE if offline_grace still lets the account in. */
void decision_consider_grace(struct exchange *exchange, const struct record *record);

/* Moves the record's access token into the reply and concludes GRANTED. False when the token is not
 * valid: then only `expires` of the reply is set. */
bool decision_hand_over(struct exchange *exchange, struct record *record);

#endif
