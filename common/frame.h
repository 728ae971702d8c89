/*
 * wire.h - frames of protocol.h on a socket, with a limit to waiting.
 */
#ifndef OAUTH_LOGIN_WIRE_H
#define OAUTH_LOGIN_WIRE_H

#include <stdint.h>

#include "protocol.h"

/* One frame, large enough for any; wiped by wire_free. */
struct wire_frame {
    uint8_t bytes[PROTOCOL_HEADER_SIZE + PROTOCOL_FRAME_MAX];
    size_t size; /* bytes in use */
};

#define SCOPED_FRAME __attribute__((cleanup(wire_free)))

struct wire_frame *wire_new(void);
void wire_free(struct wire_frame **frame);

/* Milliseconds of the boot clock. */
int64_t wire_now(void);

/* Begins a frame of `type`; its fields are put with the writer that is returned. */
struct protocol_writer wire_begin(struct wire_frame *frame, enum protocol_type type);

/* Sends the frame that `writer` has filled, until `until_ms`. -EMSGSIZE when it did not fit,
 * -ETIMEDOUT, -EPIPE. */
int wire_send(int fd, struct wire_frame *frame, const struct protocol_writer *writer,
              int64_t until_ms);

/* Receives a frame, until `until_ms`. Returns its type with `ret_fields` at its fields. -EBADMSG
 * for a length, version or type out of range, -ECONNRESET at the end, -ETIMEDOUT. */
int wire_receive(int fd, struct wire_frame *frame, int64_t until_ms,
                 struct protocol_reader *ret_fields);

#endif
