/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reply.c - sends the reply of an exchange.
 */
#include "reply.h"

#include "peer.h"
#include "person_message.h"

void reply_send(struct exchange *exchange) {
    if (exchange->answered)
        return;
    message_compose(exchange);
    peer_send_reply(&exchange->peer, &exchange->reply);
    exchange->answered = true;
}
