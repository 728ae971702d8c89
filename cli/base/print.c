/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * print.c - the output of commands.
 */
#include "print.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "exit_status.h"

const char *print_date(int64_t wall, char ret[PRINT_DATE_SIZE]) {
    time_t seconds = (time_t)wall;
    struct tm parts;
    if (wall == 0 || !localtime_r(&seconds, &parts) ||
        strftime(ret, PRINT_DATE_SIZE, "%Y-%m-%d %H:%M", &parts) == 0)
        snprintf(ret, PRINT_DATE_SIZE, "never");
    return ret;
}

const char *print_escaped(const char *text, char *ret, size_t size) {
    size_t used = 0;
    for (; *text != '\0' && used + 1 < size; text++)
        ret[used++] = *text >= ' ' && *text <= '~' ? *text : '?';
    ret[used] = '\0';
    return ret;
}

void print_reply(const char *account, const struct ask_reply *reply) {
    bool yes = exit_status_of(reply->verdict) == EXIT_YES;
    print_reply_to(yes ? stdout : stderr, account, reply);
}

void print_reply_to(FILE *out, const char *account, const struct ask_reply *reply) {
    fprintf(out, "%s: %s", account, verdict_name(reply->verdict));
    if (reply->provider[0] != '\0' && reply->source != SOURCE_NONE)
        fprintf(out, " (%s, source: %s%s)", reply->provider, source_name(reply->source),
                reply->rotated ? ", refresh token rotated" : "");
    if (reply->reason[0] != '\0')
        fprintf(out, ": %s", reply->reason);
    fprintf(out, "\n");
    if (reply->verdict == VERDICT_NOT_MANAGED)
        fprintf(out, "oauth-login does not manage this account: it logs in as if oauth-login were "
                     "not installed.\n");
}

void print_json(struct json_object *document) {
    puts(json_object_to_json_string_ext(document,
                                        JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    json_object_put(document);
}

void print_add_text(struct json_object *object, const char *name, const char *value) {
    json_object_object_add(object, name, json_object_new_string(value));
}

void print_add_time(struct json_object *object, const char *name, int64_t wall) {
    json_object_object_add(object, name, wall != 0 ? json_object_new_int64(wall) : NULL);
}

struct json_object *print_entry_json(const struct ask_entry *entry) {
    struct json_object *object = json_object_new_object();
    print_add_text(object, "account", entry->account);
    json_object_object_add(object, "enrolled", json_object_new_boolean(entry->enrolled != 0));
    print_add_time(object, "enrolled_since", entry->enrolled);
    print_add_text(object, "provider", entry->provider);
    print_add_text(object, "subject", entry->subject);
    print_add_text(object, "last_verdict", verdict_name(entry->last_verdict));
    print_add_time(object, "last_granted", entry->last_granted);
    print_add_time(object, "expires", entry->expires);
    return object;
}
