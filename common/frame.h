/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.h - frames of protocol.h on a socket, with a time limit.
 */
#ifndef OAUTH_LOGIN_COMMON_FRAME_H
#define OAUTH_LOGIN_COMMON_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

/* One frame, large enough for any. Over 36 KiB: allocate it with frame_new, never on the stack. */
struct frame {
    uint8_t bytes[PROTOCOL_HEADER_SIZE + PROTOCOL_FRAME_MAX];
    size_t size; /* bytes in use */
};

#define SCOPED_FRAME __attribute__((cleanup(frame_free)))

/* Allocates a frame; NULL when out of memory. */
struct frame *frame_new(void);

/* Wipes and frees `*frame`, and sets it to NULL. NULL is fine. */
void frame_free(struct frame **frame);

/* Begins a frame of `type`. Returns the writer for its fields. */
struct protocol_writer frame_begin(struct frame *frame, enum protocol_type type);

/* Sends the frame that `writer` has filled. Gives up at `until_ms`, a time of clock_boot_ms.
 * Returns 0, or a negative errno: -EMSGSIZE when the fields did not fit, -ETIMEDOUT, -EPIPE. */
int frame_send(int fd, struct frame *frame, const struct protocol_writer *writer, int64_t until_ms);

/* Receives a frame. Gives up at `until_ms`, a time of clock_boot_ms. Returns the frame's type and
 * sets `ret_fields` to its fields, which lie in `frame`; or a negative errno: -EBADMSG for a
 * length, version or type out of range, -ECONNRESET when the peer has closed, -ETIMEDOUT. */
int frame_receive(int fd, struct frame *frame, int64_t until_ms,
                  struct protocol_reader *ret_fields);

#endif
