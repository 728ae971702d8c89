/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_ascii.c - rewrites JSON into a form that every version of json-c parses alike.
 *
 * In strict mode, json-c 0.18 rejects every byte above 0x7f, and since 0.18 json-c rejects a
 * document with a whole number over 2^64-1. A provider's refusal in the user's own language must
 * still be understood, so neither may reach the library.
 */
#include "json_ascii.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int append(struct secret *ret, const void *bytes, size_t size) {
    return secret_append(ret, bytes, size, SIZE_MAX);
}

/* Decodes the character at `at`, which is valid UTF-8 and not ASCII. Sets `*ret_size` to its number
 * of bytes. */
static uint32_t decode(const uint8_t *at, size_t *ret_size) {
    size_t more = 1; /* bytes after the first */

    if (at[0] >= 0xe0)
        more = 2;
    if (at[0] >= 0xf0)
        more = 3;
    uint32_t code = at[0] & (0x3fU >> more);
    for (size_t i = 1; i <= more; i++)
        code = code << 6 | (at[i] & 0x3fU);
    *ret_size = 1 + more;
    return code;
}

/* Appends the escape of a character. One outside the Basic Multilingual Plane is a pair of
 * surrogates (RFC 8259 section 7). */
static int append_escaped(struct secret *ret, uint32_t code) {
    char text[16];
    int length = 0;

    if (code < 0x10000)
        length = snprintf(text, sizeof text, "\\u%04x", code);
    else
        length = snprintf(text, sizeof text, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
                          0xdc00 + ((code - 0x10000) & 0x3ff));
    return append(ret, text, (size_t)length);
}

/* Whether the number of `length` bytes is a whole number that fits neither int64_t nor uint64_t. */
static bool is_too_large(const char *number, size_t length) {
    char digits[32];

    if (strspn(number, "-0123456789") < length || length < 19)
        return false;
    if (length >= sizeof digits)
        return true;

    memcpy(digits, number, length);
    digits[length] = '\0';
    errno = 0;
    if (digits[0] == '-')
        strtoll(digits, NULL, 10);
    else
        strtoull(digits, NULL, 10);
    return errno == ERANGE;
}

static int append_number(struct secret *ret, const char *number, size_t length) {
    int r = append(ret, number, length);

    return r >= 0 && is_too_large(number, length) ? append(ret, ".0", 2) : r;
}

/* Appends the string that begins at `text`, including its quotes. Sets `*ret_size` to the number of
 * bytes that it has in `text`. -EINVAL if a backslash stands before a character that is not ASCII:
 * that is no escape, and must not become one. */
static int append_string(struct secret *ret, const char *text, size_t *ret_size) {
    size_t i = 1;
    int r = append(ret, text, 1);

    while (r >= 0 && text[i] != '\0' && text[i] != '"') {
        size_t size = text[i] == '\\' && text[i + 1] != '\0' ? 2 : 1;
        if (size == 2 && (uint8_t)text[i + 1] >= 0x80)
            return -EINVAL;
        if ((uint8_t)text[i] >= 0x80)
            r = append_escaped(ret, decode((const uint8_t *)text + i, &size));
        else
            r = append(ret, text + i, size);
        i += size;
    }
    if (r >= 0 && text[i] == '"')
        r = append(ret, &text[i++], 1);
    *ret_size = i;
    return r;
}

int json_ascii(const struct secret *text, struct secret *ret) {
    const char *at = secret_text(text), *end = at + text->length;
    int r = 0;

    while (r >= 0 && at < end) {
        size_t size = strspn(at, "-+.0123456789eE");
        if (*at == '"') {
            r = append_string(ret, at, &size);
        } else if (size > 0 && strchr("-0123456789", *at)) {
            r = append_number(ret, at, size);
        } else {
            size = 1;
            r = append(ret, at, 1);
        }
        at += size;
    }
    return r;
}
