/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * secret.h - a bounded buffer that wipes itself: tokens, keys and client secrets live here only.
 * All zeros is an empty secret. The bytes are followed by a NUL that `length` does not count.
 */
#ifndef OAUTH_LOGIN_HELPER_BASE_SECRET_H
#define OAUTH_LOGIN_HELPER_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct secret {
    uint8_t *data;
    size_t length;   /* bytes in use */
    size_t capacity; /* bytes allocated, 0 or more than length */
};

#define SCOPED_SECRET __attribute__((cleanup(secret_clear)))

/* Wipes and frees; the secret is empty afterwards and can be used again. */
void secret_clear(struct secret *secret);

/* Appends `size` bytes. -E2BIG when it would hold more than `limit`, -ENOMEM; unchanged then. */
int secret_append(struct secret *secret, const void *data, size_t size, size_t limit);

/* Replaces its content by a copy of `data`. Errors as secret_append; unchanged then. */
int secret_set(struct secret *secret, const void *data, size_t size, size_t limit);

/* Reads the descriptor to its end and appends everything. -E2BIG over `limit` bytes, else the error
 * of read(2). */
int secret_read(struct secret *secret, int fd, size_t limit);

/* Moves the content of `from`, which is empty afterwards. */
void secret_move(struct secret *to, struct secret *from);

/* Returns the bytes as a string, "" when empty; valid until the next change. */
const char *secret_text(const struct secret *secret);

/* Returns whether both hold the same bytes. Takes the same time wherever they differ. */
bool secret_equal(const struct secret *a, const struct secret *b);

/* Returns whether it can be a token on the wire: not empty, only %x21-7E (RFC 6749 appendix A.12,
 * A.17, less the space, which no bearer token has: RFC 6750 section 2.1). */
bool secret_is_token(const struct secret *secret);

#endif
