/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - copying text into a buffer of fixed size.
 */
#ifndef OAUTH_LOGIN_COMMON_TEXT_H
#define OAUTH_LOGIN_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Copies `text` with its NUL into `ret` of `size` bytes and returns true. When it does not fit,
 * makes `ret` "" and returns false: a text is never cut. The two must not overlap. */
static inline bool text_copy(char *ret, size_t size, const char *text) {
    size_t length = strlen(text);
    bool fits = length < size;

    if (fits)
        memcpy(ret, text, length + 1);
    else if (size > 0)
        ret[0] = '\0';
    return fits;
}

#endif
