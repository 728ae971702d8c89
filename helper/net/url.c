/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * url.c - checking addresses.
 */
#include "url.h"

#include <string.h>

bool url_is_valid(const char *text, const char *scheme) {
    size_t length = strlen(scheme);

    if (strncmp(text, scheme, length) != 0 || text[length] == '\0' || text[length] == '/' ||
        strlen(text) > URL_MAX)
        return false;
    for (; *text != '\0'; text++)
        if (*text <= ' ' || *text > '~' || strchr("\"<>\\^`{|}", *text))
            return false;
    return true;
}
