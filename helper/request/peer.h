/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer.h - the one who asks: who it is by the kernel's word, and frames to and from it.
 */
#ifndef OAUTH_LOGIN_HELPER_REQUEST_PEER_H
#define OAUTH_LOGIN_HELPER_REQUEST_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "messages.h"

struct peer {
    int fd;
    uid_t uid; /* SO_PEERCRED: the effective uid of whoever made the socket's other end */
};

/* Learns who is at the other end of `fd`. -ENOTSOCK when it is no local socket. */
int peer_open(int fd, struct peer *ret);

/* Reads the peer's one question, for 5 s at most. -EBADMSG for anything but a REQUEST frame,
 * -ETIMEDOUT, -ECONNRESET when the peer is gone. */
int peer_read_request(const struct peer *peer, struct request *ret);

/* Sends the NOTICE. False when the peer can't have it: one that hung up before has asked another
 * helper by now (client/ask.c), so nothing MUST be done for it here. */
bool peer_send_notice(const struct peer *peer, const struct notice *notice);

/* Send a frame. A peer that has gone is no error: what was asked for is done all the same. */
void peer_send_entry(const struct peer *peer, const struct entry *entry);
void peer_send_finding(const struct peer *peer, const struct finding *finding);
void peer_send_session(const struct peer *peer, const struct session *session);
void peer_send_prompt(const struct peer *peer, const struct prompt *prompt);
void peer_send_reply(const struct peer *peer, const struct reply *reply);

/* Waits `milliseconds`; false when the peer hung up meanwhile, for who waits for a person only. */
bool peer_wait(const struct peer *peer, int milliseconds);

#endif
