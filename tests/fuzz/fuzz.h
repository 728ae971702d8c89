/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz.h - shared by the fuzz targets: the entry point, and a promise that must hold.
 */
#ifndef OAUTH_LOGIN_TESTS_FUZZ_FUZZ_H
#define OAUTH_LOGIN_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts unless `promise` holds; libFuzzer then reports the input. */
#define PROMISE(promise) \
    ((promise) ? (void)0 \
               : (fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #promise), abort()))

/* Returns whether `text` ends within its buffer of `size` bytes and is printable ASCII. */
static inline bool fuzz_is_printable(const char *text, size_t size) {
    size_t length = strnlen(text, size);
    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return length < size;
}

#define FUZZ_PRINTABLE(text) fuzz_is_printable(text, sizeof(text))

#endif
