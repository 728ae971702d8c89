/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.h - frames of protocol.h on a socket, with a limit to waiting.
 */
#ifndef OAUTH_LOGIN_COMMON_FRAME_H
#define OAUTH_LOGIN_COMMON_FRAME_H

#include <stdint.h>

#include "protocol.h"

/* One frame, large enough for any; wiped by frame_free. */
struct frame {
    uint8_t bytes[PROTOCOL_HEADER_SIZE + PROTOCOL_FRAME_MAX];
    size_t size; /* bytes in use */
};

#define SCOPED_FRAME __attribute__((cleanup(frame_free)))

struct frame *frame_new(void);
void frame_free(struct frame **frame);

/* Begins a frame of `type`; its fields are put with the writer that is returned. */
struct protocol_writer frame_begin(struct frame *frame, enum protocol_type type);

/* Sends the frame that `writer` has filled, until `until_ms`. -EMSGSIZE when it did not fit,
 * -ETIMEDOUT, -EPIPE. */
int frame_send(int fd, struct frame *frame, const struct protocol_writer *writer, int64_t until_ms);

/* Receives a frame, until `until_ms`. Returns its type with `ret_fields` at its fields. -EBADMSG
 * for a length, version or type out of range, -ECONNRESET at the end, -ETIMEDOUT. */
int frame_receive(int fd, struct frame *frame, int64_t until_ms,
                  struct protocol_reader *ret_fields);

#endif
