/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reason.c - formats the reason of a failure, safe to print.
 */
#include "reason.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void reason_escape(char *into, size_t size, const char *text, size_t length) {
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        bool plain = byte >= 0x20 && byte <= 0x7e;
        size_t need = plain ? 1 : 4;
        size_t tail = i + 1 < length ? 4 : 1; /* room for "..." where more follows */
        if (used + need + tail > size) {
            memcpy(into + used, "...", 4);
            return;
        }
        if (plain)
            into[used] = (char)byte;
        else
            snprintf(into + used, 5, "\\x%02X", byte);
        used += need;
    }
    into[used] = '\0';
}

int reason_set(struct reason *reason, int error, const char *format, ...) {
    char text[2 * REASON_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    reason_escape(reason->text, sizeof reason->text, text, strlen(text));
    return error;
}
