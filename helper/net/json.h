/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.h - JSON from the network (RFC 8259), read strictly: one object, UTF-8, nothing behind it,
 * no name twice, 16 levels deep at most. Strings are wiped before they are freed.
 */
#ifndef OAUTH_LOGIN_HELPER_NET_JSON_H
#define OAUTH_LOGIN_HELPER_NET_JSON_H

#include <json-c/json.h>
#include <stdbool.h>

#include "secret.h"

enum { JSON_NUMBER_SIZE = 24 }; /* 64 bits in decimal */

#define SCOPED_JSON __attribute__((cleanup(json_wipe)))

/* Parses `text`; NULL when it is not such an object, or memory ran out. The caller owns it. */
struct json_object *json_parse_strict(const struct secret *text);

/* Wipes every string in the object, then frees it. */
void json_wipe(struct json_object **object);

/* The string member `name`, or NULL when it is absent, no string, empty, or has a NUL inside. */
const char *json_text(struct json_object *object, const char *name);

/* The text of a value, or NULL for what json_text would not take. */
const char *json_value_text(struct json_object *value);

/* Writes a whole number as its decimal digits, whatever form the JSON had it in, into `ret`. False
 * for anything else, and for a number outside of what is kept exactly (-2^63 < n < 2^64 - 1): two
 * of those would be one. */
bool json_value_number(struct json_object *value, char ret[JSON_NUMBER_SIZE]);

/* The value at a path of names with dots between them, e.g. "user.login", or NULL; and its text. */
struct json_object *json_value_at(struct json_object *object, const char *path);
const char *json_text_at(struct json_object *object, const char *path);

#endif
