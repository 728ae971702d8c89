/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listing.c - oauth-login status and list: the enrolled accounts.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "commands.h"
#include "exit_status.h"
#include "print.h"

static const char *const account_notes[ACCOUNT_STATE_COUNT] = {
    [ACCOUNT_PRESENT] = "",
    [ACCOUNT_GONE] = "the account no longer exists",
    [ACCOUNT_OTHER_UID] = "the account now has another uid",
    [ACCOUNT_UNREADABLE] = "the record can't be opened",
};

struct output {
    const struct arguments *arguments;
    struct json_object *list; /* LIST with --json */
    bool printed;
};

static void print_status(const struct ask_entry *entry) {
    char enrolled[PRINT_DATE_SIZE], granted[PRINT_DATE_SIZE], expires[PRINT_DATE_SIZE];
    printf("%s is enrolled at %s since %s, as subject %s\n", entry->account, entry->provider,
           print_date(entry->enrolled, enrolled), entry->subject);
    printf("  last verdict   %s\n", verdict_name(entry->last_verdict));
    printf("  last granted   %s\n", print_date(entry->last_granted, granted));
    printf("  access token   %s %s\n",
           entry->expires > (int64_t)time(NULL) ? "valid until" : "ended",
           print_date(entry->expires, expires));
}

static void show_status(const struct ask_entry *entry, void *context) {
    struct output *output = context;
    if (output->arguments->json)
        print_json(print_entry_json(entry));
    else
        print_status(entry);
    output->printed = true;
}

/* Prints the JSON document of an account without an entry: it is not enrolled, or there was an
 * error. */
static void print_no_entry(const char *account, const struct ask_reply *reply) {
    struct json_object *document = json_object_new_object();
    bool none = reply->verdict == VERDICT_NOT_ENROLLED;

    print_add_text(document, "account", account);
    print_add_text(document, "verdict", verdict_name(reply->verdict));
    print_add_text(document, "reason", reply->reason);
    json_object_object_add(document, "enrolled", none ? json_object_new_boolean(false) : NULL);
    json_object_object_add(document, "subject", NULL);
    json_object_object_add(document, "last_verdict", NULL);
    json_object_object_add(document, "last_granted", NULL);
    json_object_object_add(document, "expires", NULL);
    print_json(document);
}

enum exit_status command_status(const struct arguments *arguments) {
    struct ask_reply reply;
    struct output output = {.arguments = arguments};
    const char *account = command_account(arguments);

    if (!account)
        return EXIT_USAGE;
    struct ask_request request = command_request(arguments, OPERATION_STATUS, account);
    request.on_entry = show_status;
    request.context = &output;
    ask_helper(&request, &reply);

    enum exit_status status = exit_status_of(reply.verdict);
    if (!output.printed && arguments->json)
        print_no_entry(account, &reply);
    else if (!output.printed)
        print_reply(account, &reply);
    ask_clear(&reply);
    return status;
}

static bool is_wanted(const struct ask_entry *entry, const struct arguments *arguments) {
    int64_t last = entry->last_granted > entry->enrolled ? entry->last_granted : entry->enrolled;
    return arguments->unused == 0 || (int64_t)time(NULL) - last >= arguments->unused;
}

static void show_in_list(const struct ask_entry *entry, void *context) {
    struct output *output = context;
    const char *note = account_notes[entry->state];
    char granted[PRINT_DATE_SIZE];

    if (!is_wanted(entry, output->arguments))
        return;
    if (output->arguments->json) {
        struct json_object *object = print_entry_json(entry);
        json_object_object_add(object, "exists",
                               json_object_new_boolean(entry->state == ACCOUNT_PRESENT ||
                                                       entry->state == ACCOUNT_UNREADABLE));
        print_add_text(object, "note", note);
        json_object_array_add(output->list, object);
        return;
    }

    printf("%-20s %-12s %-14s last granted %-16s  %s%s%s\n", entry->account, entry->provider,
           verdict_name(entry->last_verdict), print_date(entry->last_granted, granted),
           entry->subject, note[0] != '\0' ? "  ! " : "", note);
}

enum exit_status command_list(const struct arguments *arguments) {
    struct ask_reply reply;
    struct output output = {.arguments = arguments, .list = json_object_new_array()};
    struct ask_request request = command_request(arguments, OPERATION_LIST, "");

    request.on_entry = show_in_list;
    request.context = &output;
    ask_helper(&request, &reply);

    enum exit_status status = exit_status_of(reply.verdict);
    if (status != EXIT_YES) {
        print_reply("list", &reply);
        json_object_put(output.list);
    } else if (arguments->json) {
        print_json(output.list);
    } else {
        json_object_put(output.list);
    }
    ask_clear(&reply);
    return status;
}
