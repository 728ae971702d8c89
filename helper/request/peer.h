/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer.h - the process that sends the request: its uid, as the kernel reports it, and frames to and
 * from it.
 */
#ifndef OAUTH_LOGIN_HELPER_REQUEST_PEER_H
#define OAUTH_LOGIN_HELPER_REQUEST_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "messages.h"

struct peer {
    int fd;
    uid_t uid; /* SO_PEERCRED: the effective uid of the process that connected */
};

/* Asks the kernel for the uid at the other end of `fd`. -ENOTSOCK when it is not a local socket. */
int peer_open(int fd, struct peer *ret);

/* Reads the peer's only request, for 5 s at most. -EBADMSG for anything but a REQUEST frame,
 * -ETIMEDOUT, -ECONNRESET when the peer is gone. */
int peer_read_request(const struct peer *peer, struct request *ret);

/* Sends the NOTICE. Returns false when the peer cannot receive it: a peer that hung up before may
 * have asked another helper by now (client/ask.c), so this helper MUST NOT do anything for it. */
bool peer_send_notice(const struct peer *peer, const struct notice *notice);

/* Send a frame. It is not an error when the peer is gone: its request is completed anyway. */
void peer_send_entry(const struct peer *peer, const struct entry *entry);
void peer_send_finding(const struct peer *peer, const struct finding *finding);
void peer_send_session(const struct peer *peer, const struct session_action *session);
void peer_send_prompt(const struct peer *peer, const struct prompt *prompt);
void peer_send_reply(const struct peer *peer, const struct reply *reply);

/* Waits `milliseconds`; returns false as soon as the peer hangs up. Only for use cases that wait
 * for the user; all others complete a request even if the peer is gone. */
bool peer_wait(const struct peer *peer, int milliseconds);

#endif
