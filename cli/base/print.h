/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print.h - the output of commands: lines for people, or one JSON document.
 */
#ifndef OAUTH_LOGIN_CLI_BASE_PRINT_H
#define OAUTH_LOGIN_CLI_BASE_PRINT_H

#include <json-c/json.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ask.h"

enum { PRINT_DATE_SIZE = 32, PRINT_ESCAPED_SIZE = 64 };

/* Formats seconds since 1970 as "2026-11-23 08:14", in local time; 0 as "never". Returns `ret`. */
const char *print_date(int64_t wall, char ret[PRINT_DATE_SIZE]);

/* Copies text from a command line or a file as printable ASCII: other bytes become "?", and what
 * does not fit in `size` bytes is cut off. Returns `ret`. */
const char *print_escaped(const char *text, char *ret, size_t size);

/* Prints the verdict and its reason: on standard output if the exit status is EXIT_YES, else on
 * standard error. */
void print_reply(const char *account, const struct ask_reply *reply);

/* Does the same on `out`. For commands whose standard output is read by a program, which would take
 * this text for a result. */
void print_reply_to(FILE *out, const char *account, const struct ask_reply *reply);

/* Prints the document on one line, and frees it. */
void print_json(struct json_object *document);

/* Adds a text to an object. */
void print_add_text(struct json_object *object, const char *name, const char *value);

/* Adds seconds since 1970 to an object; 0 as null. */
void print_add_time(struct json_object *object, const char *name, int64_t wall);

/* Returns an account as status and list show it in JSON. */
struct json_object *print_entry_json(const struct ask_entry *entry);

#endif
