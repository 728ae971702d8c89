/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print.h - what commands print: lines for people, or one JSON document.
 */
#ifndef OAUTH_LOGIN_CLI_BASE_PRINT_H
#define OAUTH_LOGIN_CLI_BASE_PRINT_H

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>

#include "ask.h"

enum { PRINT_DATE_SIZE = 32, PRINT_ESCAPED_SIZE = 64 };

/* "2026-11-23 08:14", in local time; "never" for 0. Returns `ret`. */
const char *print_date(int64_t wall, char ret[PRINT_DATE_SIZE]);

/* What somebody typed, or a file holds, as printable ASCII: other bytes as "?", and cut to `size`
 * with its NUL. Returns `ret`. */
const char *print_escaped(const char *text, char *ret, size_t size);

/* Prints the verdict and why: on standard output for a yes, on standard error for all else. */
void print_reply(const char *account, const struct ask_reply *reply);

/* The same elsewhere: a program that reads standard output must not take it for what it wanted. */
void print_reply_to(FILE *out, const char *account, const struct ask_reply *reply);

/* Prints the document on a line of its own, and frees it. */
void print_json(struct json_object *document);

/* Adds a text; seconds since 1970, null for 0. */
void print_add_text(struct json_object *object, const char *name, const char *value);
void print_add_time(struct json_object *object, const char *name, int64_t wall);

/* The members that status and list say of an account. */
struct json_object *print_entry_json(const struct ask_entry *entry);

#endif
