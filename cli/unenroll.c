/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unenroll.c - oauth-login unenroll: deletes an account's grant, and has the provider revoke it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "exit_status.h"
#include "print.h"
#include "text.h"

/* Asks on the terminal. Anything that does not start with y means no. */
static bool confirm(const char *account, bool forget) {
    char line[16] = "";
    fprintf(stderr, "End the grant of %s here and at the provider%s? [y/N] ", account,
            forget ? ", and forget whose it was" : "");
    return fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
}

/* Reports success. The grant is deleted here in any case; `reason`, if any, says why the provider
 * did not revoke it. */
static void print_ended(const char *account, const char *reason) {
    if (reason[0] != '\0')
        printf("%s no longer has a grant here, but %s.\n", account, reason);
    else
        printf("%s no longer has a grant here, and it was revoked.\n", account);
}

enum exit_status command_unenroll(const struct arguments *arguments) {
    struct ask_reply reply;
    char name[PROTOCOL_NAME_MAX + 1];
    const char *account = command_account(arguments);

    if (!account)
        return EXIT_USAGE;
    text_copy(name, sizeof name, account);
    if (!arguments->yes && !isatty(STDIN_FILENO)) {
        fprintf(stderr, "oauth-login: standard input is not a terminal; use --yes\n");
        return EXIT_USAGE;
    }
    if (!arguments->yes && !confirm(name, arguments->forget)) {
        fprintf(stderr, "Nothing was changed.\n");
        return EXIT_NO;
    }

    struct ask_request request =
        command_request(arguments, arguments->forget ? OPERATION_FORGET : OPERATION_UNENROLL, name);
    ask_helper(&request, &reply);

    enum exit_status status = exit_status_of(reply.verdict);
    if (verdict_is_yes(reply.verdict))
        print_ended(name, reply.reason);
    else
        print_reply(name, &reply);
    ask_clear(&reply);
    return status;
}
