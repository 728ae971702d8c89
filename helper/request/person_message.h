/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * person_message.h - the line that the user reads when a login fails. It says what happened and who
 * has to act, and needs no manual.
 */
#ifndef OAUTH_LOGIN_HELPER_REQUEST_PERSON_MESSAGE_H
#define OAUTH_LOGIN_HELPER_REQUEST_PERSON_MESSAGE_H

#include "exchange.h"

/* Composes the reply's message from its verdict and reason: one line of printable ASCII, at most
 * PROTOCOL_TEXT_MAX bytes; "" when the user needs no message. */
void message_compose(struct exchange *exchange);

#endif
