/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reply.h - sends the reply of an exchange.
 */
#ifndef OAUTH_LOGIN_HELPER_REQUEST_REPLY_H
#define OAUTH_LOGIN_HELPER_REQUEST_REPLY_H

#include "exchange.h"

/* Sends the reply, with its message for the user. Does nothing when it was sent before. */
void reply_send(struct exchange *exchange);

#endif
