/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_ascii.h - a JSON text in the form that every version of json-c reads alike.
 */
#ifndef OAUTH_LOGIN_HELPER_NET_JSON_ASCII_H
#define OAUTH_LOGIN_HELPER_NET_JSON_ASCII_H

#include "secret.h"

/* Appends the JSON `text`, valid UTF-8, to `ret` in ASCII. Other characters become escapes (RFC
 * 8259 section 7), which every version of json-c accepts. A whole number that 64 bits cannot hold
 * becomes a fraction ("1.0"): some versions refuse a document with such a number. -ENOMEM. */
int json_ascii(const struct secret *text, struct secret *ret);

#endif
