/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * token.c - oauth-login token: prints a valid access token of the caller, without planting it in a
 * keyring.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "exit_status.h"
#include "print.h"
#include "session_key.h"

/* Seconds. A token with under a minute left is useless to a caller about to send a request. */
enum { FRESH_LEFT = 60 };

/* Takes the session's own token, without asking the helper. Returns false if there is none that
 * lives long enough. */
static bool read_session(struct ask_reply *ret) {
    uint32_t left = 0;
    int size = session_key_read(session_key_find_keyring(getuid()), &ret->token, &left);

    ret->token_size = size > 0 ? (size_t)size : 0;
    if (size <= 0 || left < FRESH_LEFT) {
        ask_clear(ret);
        return false;
    }
    ret->verdict = VERDICT_GRANTED;
    return true;
}

static void print_token_json(const struct ask_reply *reply) {
    struct json_object *document = json_object_new_object();
    json_object_object_add(
        document, "token",
        json_object_new_string_len((const char *)reply->token, (int)reply->token_size));
    print_add_text(document, "type", "Bearer");
    print_add_time(document, "expires", reply->expires);
    print_add_text(document, "scope", reply->scope);
    print_json(document);
}

static void print_token(const struct arguments *arguments, const struct ask_reply *reply) {
    if (arguments->json) {
        print_token_json(reply);
        return;
    }
    if (arguments->header)
        fputs("Authorization: Bearer ", stdout);
    fwrite(reply->token, 1, reply->token_size, stdout);
    putchar('\n');
}

enum exit_status command_token(const struct arguments *arguments) {
    struct ask_reply reply = {.verdict = VERDICT_NONE};
    const char *account = command_account(arguments);

    if (!account)
        return EXIT_USAGE;
    /* The session's key has neither the token's scope, nor its expiry to the second. */
    if (arguments->json || !read_session(&reply)) {
        struct ask_request request = command_request(arguments, OPERATION_FRESH_TOKEN, account);
        ask_helper(&request, &reply);
    }

    enum exit_status status = exit_status_of(reply.verdict);
    bool granted = verdict_is_yes(reply.verdict) && reply.token;
    if (granted)
        print_token(arguments, &reply);
    else
        print_reply_to(stderr, account, &reply);
    ask_clear(&reply);

    if (granted)
        return fflush(stdout) == 0 ? EXIT_YES : EXIT_FAULT;
    return status == EXIT_YES ? EXIT_NO : status; /* an account that is not managed has no token */
}
