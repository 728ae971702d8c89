/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.h - JSON from the network (RFC 8259), read strictly: one object in UTF-8 with nothing after
 * it, no name twice, at most 16 levels deep. Strings are wiped before they are freed.
 */
#ifndef OAUTH_LOGIN_HELPER_NET_JSON_H
#define OAUTH_LOGIN_HELPER_NET_JSON_H

#include <json-c/json.h>
#include <stdbool.h>

#include "secret.h"

enum { JSON_NUMBER_SIZE = 24 }; /* 64 bits in decimal */

#define SCOPED_JSON __attribute__((cleanup(json_wipe)))

/* Parses `text`. NULL when it is not such an object, or memory ran out. The caller owns the
 * object. */
struct json_object *json_parse_strict(const struct secret *text);

/* Wipes every string in the object, then frees it. */
void json_wipe(struct json_object **object);

/* Returns the string member `name`, or NULL when it is absent, not a string, empty, or contains a
 * NUL. The text lives as long as `object`. */
const char *json_text(struct json_object *object, const char *name);

/* The same for a value; returns NULL if `value` is NULL. */
const char *json_value_text(struct json_object *value);

/* Writes a whole number into `ret` as its decimal digits, however the JSON spelled it. False for
 * anything else, and for a number that json-c cannot hold exactly (it holds -2^63 < n < 2^64 - 1):
 * two different ones would come out equal. */
bool json_value_number(struct json_object *value, char ret[JSON_NUMBER_SIZE]);

/* Returns the value at a path of names with dots between them, e.g. "user.login", or its text; NULL
 * when there is none. Both live as long as `object`. */
struct json_object *json_value_at(struct json_object *object, const char *path);
const char *json_text_at(struct json_object *object, const char *path);

#endif
