/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decision.h - the steps of a decision about an enrolled account, which the use cases of a login
 * and of an open session share.
 */
#ifndef OAUTH_LOGIN_HELPER_LOGIN_DECISION_H
#define OAUTH_LOGIN_HELPER_LOGIN_DECISION_H

#include "stored_account.h"

/* Opens the place of an account that is managed, enrolled, and still who it was enrolled as: NONE,
 * else the concluded verdict. */
enum verdict decision_open(struct exchange *exchange, enum stored_account_mode mode,
                           struct stored_account *ret);

/* Concludes with an earlier login's answer, or the provider's. */
void decision_ask(struct exchange *exchange, struct stored_account *stored);

/* Turns a concluded UNREACHABLE into GRANTED_OFFLINE where offline_grace still lets the account in.
 */
void decision_consider_grace(struct exchange *exchange, const struct record *record);

/* Moves the record's access token into the answer and concludes GRANTED: false, and only `expires`
 * is set, when it is not valid. */
bool decision_hand_over(struct exchange *exchange, struct record *record);

#endif
