/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.c - frames of protocol.h on a socket, with a time limit.
 */
#include "frame.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "clock.h"

struct frame *frame_new(void) {
    return calloc(1, sizeof(struct frame));
}

void frame_free(struct frame **frame) {
    if (!*frame)
        return;
    explicit_bzero(*frame, sizeof **frame);
    free(*frame);
    *frame = NULL;
}

/* Waits until the socket is ready. A signal handler of the application does not extend the wait. */
static int wait_ready(int fd, short events, int64_t until_ms) {
    for (;;) {
        struct pollfd waiting = {.fd = fd, .events = events};
        int64_t left = until_ms - clock_boot_ms();
        if (left <= 0)
            return -ETIMEDOUT;
        int ready = poll(&waiting, 1, left > INT32_MAX ? INT32_MAX : (int)left);
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -errno;
    }
}

struct protocol_writer frame_begin(struct frame *frame, enum protocol_type type) {
    struct protocol_writer writer = {.at = frame->bytes, .end = frame->bytes + sizeof frame->bytes};
    protocol_put_u32(&writer, 0); /* the length: frame_send fills it in */
    protocol_put_u8(&writer, PROTOCOL_VERSION);
    protocol_put_u8(&writer, (uint8_t)type);
    return writer;
}

int frame_send(int fd, struct frame *frame, const struct protocol_writer *writer,
               int64_t until_ms) {
    if (writer->overflow)
        return -EMSGSIZE;
    frame->size = (size_t)(writer->at - frame->bytes);
    struct protocol_writer header = {.at = frame->bytes,
                                     .end = frame->bytes + PROTOCOL_HEADER_SIZE};
    protocol_put_u32(&header, (uint32_t)(frame->size - PROTOCOL_HEADER_SIZE));

    for (size_t done = 0; done < frame->size;) {
        int r = wait_ready(fd, POLLOUT, until_ms);
        if (r < 0)
            return r;
        ssize_t put =
            send(fd, frame->bytes + done, frame->size - done, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        done += put > 0 ? (size_t)put : 0;
    }
    return 0;
}

/* Receives exactly `size` bytes. */
static int receive(int fd, uint8_t *into, size_t size, int64_t until_ms) {
    for (size_t done = 0; done < size;) {
        int r = wait_ready(fd, POLLIN, until_ms);
        if (r < 0)
            return r;
        ssize_t got = recv(fd, into + done, size - done, MSG_DONTWAIT);
        if (got == 0)
            return -ECONNRESET;
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        done += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

int frame_receive(int fd, struct frame *frame, int64_t until_ms,
                  struct protocol_reader *ret_fields) {
    int r = receive(fd, frame->bytes, PROTOCOL_HEADER_SIZE, until_ms);
    if (r < 0)
        return r;

    struct protocol_reader header = {.at = frame->bytes,
                                     .end = frame->bytes + PROTOCOL_HEADER_SIZE};
    uint32_t size = protocol_get_u32(&header);
    if (size > PROTOCOL_FRAME_MAX)
        return -EBADMSG;
    r = receive(fd, frame->bytes + PROTOCOL_HEADER_SIZE, size, until_ms);
    if (r < 0)
        return r;

    frame->size = PROTOCOL_HEADER_SIZE + size;
    *ret_fields = (struct protocol_reader){.at = frame->bytes + PROTOCOL_HEADER_SIZE,
                                           .end = frame->bytes + frame->size};
    if (protocol_get_u8(ret_fields) != PROTOCOL_VERSION)
        return -EBADMSG;
    int type = protocol_get_enum(ret_fields, PROTOCOL_REQUEST, PROTOCOL_TYPE_COUNT);
    return ret_fields->bad ? -EBADMSG : type;
}
