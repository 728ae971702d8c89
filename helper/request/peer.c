/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer.c - the process that sends the request. The length of a frame is checked before the frame is
 * read.
 */
#include "peer.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "clock.h"
#include "frame.h"

enum { PEER_PATIENCE_MS = 5000 };

int peer_open(int fd, struct peer *ret) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid == (uid_t)-1)
        return -ENOTSOCK;
    *ret = (struct peer){.fd = fd, .uid = peer.uid};
    return 0;
}

int peer_read_request(const struct peer *peer, struct request *ret) {
    SCOPED_FRAME struct frame *frame = frame_new();
    struct protocol_reader fields;
    if (!frame)
        return -ENOMEM;

    int type = frame_receive(peer->fd, frame, clock_boot_ms() + PEER_PATIENCE_MS, &fields);
    if (type < 0)
        return type;
    if (type != PROTOCOL_REQUEST)
        return -EBADMSG;
    return request_decode(fields.at, (size_t)(fields.end - fields.at), ret);
}

/* Sends a frame. Returns false when the peer is gone or does not read, or memory ran out. */
static bool send_frame(const struct peer *peer, enum protocol_type type,
                       void (*encode)(const void *fields, struct protocol_writer *writer),
                       const void *fields) {
    SCOPED_FRAME struct frame *frame = frame_new();
    if (!frame)
        return false;

    struct protocol_writer writer = frame_begin(frame, type);
    encode(fields, &writer);
    return frame_send(peer->fd, frame, &writer, clock_boot_ms() + PEER_PATIENCE_MS) == 0;
}

bool peer_send_notice(const struct peer *peer, const struct notice *notice) {
    return send_frame(peer, PROTOCOL_NOTICE, notice_encode, notice);
}

void peer_send_entry(const struct peer *peer, const struct entry *entry) {
    send_frame(peer, PROTOCOL_ENTRY, entry_encode, entry);
}

void peer_send_finding(const struct peer *peer, const struct finding *finding) {
    send_frame(peer, PROTOCOL_FINDING, finding_encode, finding);
}

void peer_send_session(const struct peer *peer, const struct session_action *session) {
    send_frame(peer, PROTOCOL_SESSION, session_action_encode, session);
}

void peer_send_prompt(const struct peer *peer, const struct prompt *prompt) {
    send_frame(peer, PROTOCOL_PROMPT, prompt_encode, prompt);
}

void peer_send_reply(const struct peer *peer, const struct reply *reply) {
    send_frame(peer, PROTOCOL_REPLY, reply_encode, reply);
}

bool peer_wait(const struct peer *peer, int milliseconds) {
    int64_t until = clock_boot_ms() + milliseconds;

    for (;;) {
        struct pollfd waiting = {.fd = peer->fd, .events = POLLRDHUP};
        int64_t left = until - clock_boot_ms();
        if (left <= 0)
            return true;
        if (poll(&waiting, 1, (int)left) > 0)
            return false;
    }
}
