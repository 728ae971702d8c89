/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reply.h - sending the reply of an exchange.
 */
#ifndef OAUTH_LOGIN_HELPER_REQUEST_REPLY_H
#define OAUTH_LOGIN_HELPER_REQUEST_REPLY_H

#include "exchange.h"

/* Sends the reply, with its line for the person, the first time that it is called. */
void reply_send(struct exchange *exchange);

#endif
