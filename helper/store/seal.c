/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seal.c - authenticated encryption of records, by OpenSSL.
 */
#include "seal.h"

#include <errno.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <stdio.h>

#define SCOPED_CIPHER __attribute__((cleanup(cipher_free)))

static void cipher_free(EVP_CIPHER_CTX **context) {
    EVP_CIPHER_CTX_free(*context);
}

int seal_random(void *ret, size_t size) {
    return size <= INT_MAX && RAND_bytes(ret, (int)size) == 1 ? 0 : -EIO;
}

int seal_digest(const void *data, size_t size, uint8_t ret[SEAL_DIGEST_SIZE]) {
    return EVP_Digest(data, size, ret, NULL, EVP_sha256(), NULL) == 1 ? 0 : -EIO;
}

void seal_digest_text(const void *data, size_t size, char ret[2 * SEAL_DIGEST_SIZE + 1]) {
    uint8_t digest[SEAL_DIGEST_SIZE];
    ret[0] = '\0';
    if (seal_digest(data, size, digest) < 0)
        return;
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

int seal_derive(const struct secret *master, const void *info, size_t info_size,
                struct secret *ret_key) {
    if (master->length != SEAL_KEY_SIZE)
        return -EINVAL;

    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, master->data, master->length),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info, info_size),
        OSSL_PARAM_construct_end(),
    };

    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    uint8_t key[SEAL_KEY_SIZE];
    int ok = context ? EVP_KDF_derive(context, key, sizeof key, params) : 0;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);

    int r = ok == 1 ? secret_set(ret_key, key, sizeof key, sizeof key) : -EIO;
    OPENSSL_cleanse(key, sizeof key);
    return r;
}

int seal_close(const struct secret *key, const void *associated, size_t associated_size,
               const struct secret *plain, uint8_t *ret) {
    SCOPED_CIPHER EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    uint8_t *text = ret + SEAL_NONCE_SIZE;
    int done = 0;

    if (!context || key->length != SEAL_KEY_SIZE || plain->length > INT_MAX ||
        associated_size > INT_MAX)
        return -EIO;

    int r = seal_random(ret, SEAL_NONCE_SIZE);
    if (r < 0)
        return r;
    if (EVP_EncryptInit_ex2(context, EVP_aes_256_gcm(), key->data, ret, NULL) != 1 ||
        EVP_EncryptUpdate(context, NULL, &done, associated, (int)associated_size) != 1 ||
        EVP_EncryptUpdate(context, text, &done, plain->data, (int)plain->length) != 1 ||
        EVP_EncryptFinal_ex(context, text + done, &done) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_SIZE, text + plain->length) !=
            1)
        return -EIO;
    return 0;
}

int seal_open(const struct secret *key, const void *associated, size_t associated_size,
              const uint8_t *sealed, size_t sealed_size, size_t limit, struct secret *ret_plain) {
    if (sealed_size < SEAL_OVERHEAD || key->length != SEAL_KEY_SIZE || associated_size > INT_MAX)
        return -EBADMSG;
    size_t size = sealed_size - SEAL_OVERHEAD;
    if (size > limit || size > INT_MAX)
        return -E2BIG;

    SCOPED_CIPHER EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    SCOPED_SECRET struct secret plain = {0};
    uint8_t tag[SEAL_TAG_SIZE];
    int done = 0;

    /* Decrypt in place, in a buffer that wipes itself even when the tag turns out wrong. */
    int r = secret_set(&plain, sealed + SEAL_NONCE_SIZE, size, size);
    if (r < 0 || !context)
        return -ENOMEM;
    for (size_t i = 0; i < sizeof tag; i++)
        tag[i] = sealed[SEAL_NONCE_SIZE + size + i];

    if (EVP_DecryptInit_ex2(context, EVP_aes_256_gcm(), key->data, sealed, NULL) != 1 ||
        EVP_DecryptUpdate(context, NULL, &done, associated, (int)associated_size) != 1 ||
        EVP_DecryptUpdate(context, plain.data, &done, plain.data, (int)size) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_SIZE, tag) != 1 ||
        EVP_DecryptFinal_ex(context, plain.data + done, &done) != 1)
        return -EBADMSG;
    secret_move(ret_plain, &plain);
    return 0;
}
