/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * peer.c - the one who asks. A frame's length is checked before anything is allocated or read.
 */
#include "peer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "clock.h"

enum { PEER_PATIENCE_MS = 5000 };

int peer_open(int fd, struct peer *ret) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    struct timeval patience = {.tv_sec = PEER_PATIENCE_MS / 1000};
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid == (uid_t) -1)
        return -ENOTSOCK;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    *ret = (struct peer){.fd = fd, .uid = peer.uid};
    return 0;
}

static int receive(int fd, void *into, size_t size, int64_t until_ms) {
    for (size_t done = 0; done < size;) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        int64_t left = until_ms - clock_boot_ms();
        int ready = left > 0 ? poll(&waiting, 1, (int) left) : 0;
        if (ready == 0)
            return -ETIMEDOUT;
        ssize_t got = ready > 0 ? recv(fd, (char *) into + done, size - done, 0) : -1;
        if (got == 0)
            return -ECONNRESET;
        if (got < 0 && errno != EINTR)
            return -errno;
        done += got > 0 ? (size_t) got : 0;
    }
    return 0;
}

int peer_read_request(const struct peer *peer, struct request *ret) {
    uint8_t header[PROTOCOL_HEADER_SIZE] = {0};
    int64_t until = clock_boot_ms() + PEER_PATIENCE_MS;
    int r = receive(peer->fd, header, sizeof header, until);
    if (r < 0)
        return r;
    struct protocol_reader reader = {.at = header, .end = header + sizeof header};
    uint32_t size = protocol_get_u32(&reader);
    if (size < 2 || size > PROTOCOL_FRAME_MAX)
        return -EBADMSG;
    uint8_t *frame = calloc(1, size);
    if (!frame)
        return -ENOMEM;
    r = receive(peer->fd, frame, size, until);
    if (r == 0)
        r = frame[0] == PROTOCOL_VERSION && frame[1] == PROTOCOL_REQUEST
                ? request_decode(frame + 2, size - 2, ret)
                : -EBADMSG;
    explicit_bzero(frame, size);
    free(frame);
    return r;
}

struct outgoing {
    uint8_t bytes[PROTOCOL_HEADER_SIZE + PROTOCOL_FRAME_MAX];
    struct protocol_writer writer;
};

static struct outgoing *begin_frame(enum protocol_type type) {
    struct outgoing *frame = malloc(sizeof *frame);
    if (!frame)
        return NULL;
    frame->writer =
        (struct protocol_writer){.at = frame->bytes, .end = frame->bytes + sizeof frame->bytes};
    protocol_put_u32(&frame->writer, 0); /* the length, when it is known */
    protocol_put_u8(&frame->writer, PROTOCOL_VERSION);
    protocol_put_u8(&frame->writer, (uint8_t) type);
    return frame;
}

/* True when all of it was sent. */
static bool send_frame(const struct peer *peer, struct outgoing *frame) {
    size_t size = (size_t) (frame->writer.at - frame->bytes);
    struct protocol_writer header = {.at = frame->bytes,
                                     .end = frame->bytes + PROTOCOL_HEADER_SIZE};
    protocol_put_u32(&header, (uint32_t) (size - PROTOCOL_HEADER_SIZE));
    size_t done = 0;
    while (!frame->writer.overflow && done < size) {
        ssize_t put = send(peer->fd, frame->bytes + done, size - done, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR)
            break;
        done += put > 0 ? (size_t) put : 0;
    }
    explicit_bzero(frame, sizeof *frame);
    free(frame);
    return done == size;
}

bool peer_send_notice(const struct peer *peer, uint32_t milliseconds, const char *provider) {
    struct outgoing *frame = begin_frame(PROTOCOL_NOTICE);
    if (!frame)
        return false;
    notice_encode(milliseconds, provider, &frame->writer);
    return send_frame(peer, frame);
}

void peer_send_entry(const struct peer *peer, const struct entry *entry) {
    struct outgoing *frame = begin_frame(PROTOCOL_ENTRY);
    if (!frame)
        return;
    entry_encode(entry, &frame->writer);
    send_frame(peer, frame);
}

void peer_send_finding(const struct peer *peer, const struct finding *finding) {
    struct outgoing *frame = begin_frame(PROTOCOL_FINDING);
    if (!frame)
        return;
    finding_encode(finding, &frame->writer);
    send_frame(peer, frame);
}

void peer_send_session(const struct peer *peer, enum protocol_action action, uint32_t seconds) {
    struct outgoing *frame = begin_frame(PROTOCOL_SESSION);
    if (!frame)
        return;
    session_encode(action, seconds, &frame->writer);
    send_frame(peer, frame);
}

void peer_send_prompt(const struct peer *peer, const struct prompt *prompt) {
    struct outgoing *frame = begin_frame(PROTOCOL_PROMPT);
    if (!frame)
        return;
    prompt_encode(prompt, &frame->writer);
    send_frame(peer, frame);
}

bool peer_wait(const struct peer *peer, int milliseconds) {
    int64_t until = clock_boot_ms() + milliseconds;
    for (;;) {
        struct pollfd waiting = {.fd = peer->fd, .events = POLLRDHUP};
        int64_t left = until - clock_boot_ms();
        if (left <= 0)
            return true;
        if (poll(&waiting, 1, (int) left) > 0)
            return false;
    }
}

void peer_send_reply(const struct peer *peer, const struct reply *reply) {
    struct outgoing *frame = begin_frame(PROTOCOL_REPLY);
    if (!frame)
        return;
    reply_encode(reply, &frame->writer);
    send_frame(peer, frame);
}
