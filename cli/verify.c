/*
 * verify.c - oauth-login verify: the decision a login would get now, and why.
 */
#include "command.h"
#include "print.h"

static void print_verify_json(const struct ask_answer *answer) {
    struct json_object *document = json_object_new_object();
    print_add_text(document, "verdict", verdict_name(answer->verdict));
    print_add_text(document, "reason", answer->reason);
    print_add_text(document, "provider", answer->provider);
    print_add_text(document, "source", source_name(answer->source));
    print_json(document);
}

int command_verify(const struct arguments *arguments) {
    struct ask_answer answer;
    const char *account = command_account(arguments);
    if (!account)
        return EXIT_USAGE;
    struct ask_question question = command_question(arguments, OPERATION_VERIFY, account);
    ask_helper(&question, &answer);
    if (arguments->json)
        print_verify_json(&answer);
    else
        print_answer(account, &answer);
    int status = command_exit_status(answer.verdict);
    ask_clear(&answer);
    return status;
}
