/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_ascii.h - rewrites JSON into a form that every version of json-c parses alike.
 */
#ifndef OAUTH_LOGIN_HELPER_NET_JSON_ASCII_H
#define OAUTH_LOGIN_HELPER_NET_JSON_ASCII_H

#include "secret.h"

/* Appends to `ret` the JSON in `text`, valid UTF-8, as ASCII. Other characters, which some versions
 * of json-c reject, become escapes (RFC 8259 section 7). A whole number that 64 bits cannot hold
 * becomes a fraction ("1.0"), which every version accepts. -EINVAL for a backslash before a
 * character that is not ASCII, -ENOMEM. */
int json_ascii(const struct secret *text, struct secret *ret);

#endif
