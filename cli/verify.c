/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verify.c - oauth-login verify: the verdict that a login would get now, and why.
 */
#include "commands.h"
#include "exit_status.h"
#include "print.h"

static void print_verify_json(const struct ask_reply *reply) {
    struct json_object *document = json_object_new_object();
    print_add_text(document, "verdict", verdict_name(reply->verdict));
    print_add_text(document, "reason", reply->reason);
    print_add_text(document, "provider", reply->provider);
    print_add_text(document, "source", source_name(reply->source));
    print_json(document);
}

enum exit_status command_verify(const struct arguments *arguments) {
    struct ask_reply reply;
    const char *account = command_account(arguments);

    if (!account)
        return EXIT_USAGE;
    struct ask_request request = command_request(arguments, OPERATION_VERIFY, account);
    ask_helper(&request, &reply);

    if (arguments->json)
        print_verify_json(&reply);
    else
        print_reply(account, &reply);
    enum exit_status status = exit_status_of(reply.verdict);
    ask_clear(&reply);
    return status;
}
