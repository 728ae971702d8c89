/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seal.h - authenticated encryption of records: AES-256-GCM under keys that HKDF-SHA256
 * (RFC 5869) derives from a master key. A sealed text is the nonce, the ciphertext and the tag.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_SEAL_H
#define OAUTH_LOGIN_HELPER_STORE_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "secret.h"

enum {
    SEAL_KEY_SIZE = 32,
    SEAL_NONCE_SIZE = 12,
    SEAL_TAG_SIZE = 16,
    SEAL_OVERHEAD = SEAL_NONCE_SIZE + SEAL_TAG_SIZE,
    SEAL_DIGEST_SIZE = 32,
};

/* Fills `ret` with `size` random bytes. -EIO when OpenSSL fails. */
int seal_random(void *ret, size_t size);

/* Computes the SHA-256 digest of `size` bytes. -EIO when OpenSSL fails. */
int seal_digest(const void *data, size_t size, uint8_t ret[SEAL_DIGEST_SIZE]);

/* Computes the same digest as hexadecimal digits; "" when OpenSSL fails. */
void seal_digest_text(const void *data, size_t size, char ret[2 * SEAL_DIGEST_SIZE + 1]);

/* Derives `ret_key` of SEAL_KEY_SIZE bytes for the purpose named by `info`. -EINVAL when
 * `master` is not SEAL_KEY_SIZE bytes, -EIO, -ENOMEM. */
int seal_derive(const struct secret *master, const void *info, size_t info_size,
                struct secret *ret_key);

/* Seals `plain`, bound to `associated`, into `ret` of plain->length + SEAL_OVERHEAD bytes.
 * -EIO when OpenSSL fails. */
int seal_close(const struct secret *key, const void *associated, size_t associated_size,
               const struct secret *plain, uint8_t *ret);

/* Opens a text that seal_close sealed. -EBADMSG when it was altered, cut off, or sealed with
 * another key or associated data; -E2BIG when the plaintext is over `limit` bytes; -ENOMEM. */
int seal_open(const struct secret *key, const void *associated, size_t associated_size,
              const uint8_t *sealed, size_t sealed_size, size_t limit, struct secret *ret_plain);

#endif
