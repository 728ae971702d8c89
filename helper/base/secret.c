/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * secret.c - a bounded buffer that wipes itself.
 *
 * Growing it copies by hand: realloc(3) would leave the old bytes in freed memory.
 */
#include "secret.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void secret_clear(struct secret *secret) {
    if (secret->data)
        explicit_bzero(secret->data, secret->capacity);
    free(secret->data);
    *secret = (struct secret){0};
}

static int secret_reserve(struct secret *secret, size_t length) {
    if (length < secret->capacity)
        return 0;
    size_t capacity = secret->capacity ? secret->capacity : 64;
    while (capacity <= length)
        capacity *= 2;

    uint8_t *data = malloc(capacity);
    if (!data)
        return -ENOMEM;
    if (secret->length > 0)
        memcpy(data, secret->data, secret->length);

    size_t used = secret->length;
    secret_clear(secret);
    *secret = (struct secret){.data = data, .length = used, .capacity = capacity};
    return 0;
}

int secret_append(struct secret *secret, const void *data, size_t size, size_t limit) {
    if (size > limit || secret->length > limit - size)
        return -E2BIG;
    int r = secret_reserve(secret, secret->length + size);
    if (r < 0)
        return r;

    if (size > 0)
        memcpy(secret->data + secret->length, data, size);
    secret->length += size;
    secret->data[secret->length] = '\0';
    return 0;
}

int secret_set(struct secret *secret, const void *data, size_t size, size_t limit) {
    struct secret copy = {0};
    int r = secret_append(&copy, data, size, limit);
    if (r < 0)
        return r;
    secret_move(secret, &copy);
    return 0;
}

int secret_read(struct secret *secret, int fd, size_t limit) {
    uint8_t chunk[4096];
    int r = 0;
    ssize_t got = 0;

    while (r >= 0 && ((got = read(fd, chunk, sizeof chunk)) > 0 || (got < 0 && errno == EINTR))) {
        if (got > 0)
            r = secret_append(secret, chunk, (size_t)got, limit);
    }
    if (got < 0)
        r = -errno;
    explicit_bzero(chunk, sizeof chunk);
    return r;
}

void secret_move(struct secret *to, struct secret *from) {
    secret_clear(to);
    *to = *from;
    *from = (struct secret){0};
}

const char *secret_text(const struct secret *secret) {
    return secret->data ? (const char *)secret->data : "";
}

bool secret_equal(const struct secret *a, const struct secret *b) {
    return a->length == b->length &&
           (a->length == 0 || CRYPTO_memcmp(a->data, b->data, a->length) == 0);
}

bool secret_is_token(const struct secret *secret) {
    for (size_t i = 0; i < secret->length; i++)
        if (secret->data[i] < 0x21 || secret->data[i] > 0x7e)
            return false;
    return secret->length > 0;
}
