/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - copies of text into arrays of fixed size.
 */
#ifndef OAUTH_LOGIN_COMMON_TEXT_H
#define OAUTH_LOGIN_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Copies `text` with its NUL into `ret`, an array of `size` bytes. Returns false if it does not
 * fit: `ret` is "" then, since half a name or path would be another one. */
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
