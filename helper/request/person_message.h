/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * person_message.h - the line for the person: whose move it is, in words that need no manual.
 */
#ifndef OAUTH_LOGIN_HELPER_REQUEST_PERSON_MESSAGE_H
#define OAUTH_LOGIN_HELPER_REQUEST_PERSON_MESSAGE_H

#include "exchange.h"

/* Composes the answer's message from its verdict and reason: one line of printable ASCII, at most
 * PROTOCOL_TEXT_MAX bytes; "" when there is nothing to say. */
void message_compose(struct exchange *exchange);

#endif
