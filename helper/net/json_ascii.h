/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_ascii.h - a JSON text in the form that every version of json-c reads alike.
 */
#ifndef OAUTH_LOGIN_HELPER_NET_JSON_ASCII_H
#define OAUTH_LOGIN_HELPER_NET_JSON_ASCII_H

#include "secret.h"

/* Appends to `ret` what `text`, valid UTF-8, says, in ASCII: other characters become the escapes of
 * RFC 8259 section 7, which is what some versions of json-c refuse and others do not; a whole number
 * that 64 bits cannot hold becomes a fraction ("1.0"), for which no version refuses the document.
 * -ENOMEM. */
int json_ascii(const struct secret *text, struct secret *ret);

#endif
