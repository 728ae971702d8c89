/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reason.h - why something failed, for the log: printable ASCII of bounded length, whatever
 * the provider, the name service or the configuration put into it.
 */
#ifndef OAUTH_LOGIN_HELPER_BASE_REASON_H
#define OAUTH_LOGIN_HELPER_BASE_REASON_H

#include <stddef.h>

enum { REASON_SIZE = 400 };

struct reason {
    char text[REASON_SIZE];
};

/* Formats the reason, escaped and cut to fit, and returns `error`, so that a caller fails and
 * gives the reason in one statement. */
int reason_set(struct reason *reason, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Copies `text` of `length` bytes as printable ASCII: other bytes become \xNN. A text that does not
 * fit is cut and ends in "...". Escaping an escaped text again does not change it. Always ends with
 * a NUL; `size` is at least 8. */
void reason_escape(char *into, size_t size, const char *text, size_t length);

#endif
