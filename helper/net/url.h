/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * url.h - checking addresses, which may come from the configuration or from the provider.
 */
#ifndef OAUTH_LOGIN_HELPER_NET_URL_H
#define OAUTH_LOGIN_HELPER_NET_URL_H

#include <stdbool.h>

enum { URL_MAX = 1000 }; /* bytes: the longest address that is used, stored or shown */

/* Whether `text` is an address with `scheme` ("https://") and a host, at most URL_MAX bytes long,
 * with only the characters of RFC 3986: none of these can end a line, a header or a quotation. */
bool url_is_valid(const char *text, const char *scheme);

#endif
