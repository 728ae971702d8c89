/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * url.h - addresses, wherever they come from.
 */
#ifndef OAUTH_LOGIN_HELPER_NET_URL_H
#define OAUTH_LOGIN_HELPER_NET_URL_H

#include <stdbool.h>

enum { URL_MAX = 1000 }; /* bytes of an address that is used, stored or shown */

/* Whether `text` is an address of `scheme` ("https://") with a host, of at most URL_MAX bytes and
 * of the characters that RFC 3986 has: nothing that could end a line, a header or a quotation. */
bool url_is(const char *text, const char *scheme);

#endif
