/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unenroll.c - oauth-login unenroll: the end of an account's grant.
 */
#include <stdio.h>
#include <unistd.h>

#include "commands.h"
#include "exit_status.h"
#include "print.h"

/* Asks on the terminal; anything but a y is a no. */
static bool confirm(const char *account, bool forget) {
    char reply[16] = "";
    fprintf(stderr, "End the grant of %s here and at the provider%s? [y/N] ", account,
            forget ? ", and forget whose it was" : "");
    return fgets(reply, sizeof reply, stdin) && (reply[0] == 'y' || reply[0] == 'Y');
}

int command_unenroll(const struct arguments *arguments) {
    struct ask_reply reply;
    char name[PROTOCOL_NAME_MAX + 1];
    const char *account = command_account(arguments);
    if (!account)
        return EXIT_USAGE;
    snprintf(name, sizeof name, "%s", account);
    if (!arguments->yes && !isatty(STDIN_FILENO)) {
        fprintf(stderr, "oauth-login: nobody is there to confirm; say --yes\n");
        return EXIT_USAGE;
    }
    if (!arguments->yes && !confirm(name, arguments->forget)) {
        fprintf(stderr, "Nothing was changed.\n");
        return EXIT_NO;
    }
    struct ask_request request =
        command_request(arguments, arguments->forget ? OPERATION_FORGET : OPERATION_UNENROLL, name);
    ask_helper(&request, &reply);
    int status = exit_status_of(reply.verdict);
    if (reply.verdict == VERDICT_GRANTED)
        printf("%s has no grant here any more%s%s%s\n", name,
               reply.reason[0] != '\0' ? ", but " : ", and it was revoked.", reply.reason,
               reply.reason[0] != '\0' ? "." : "");
    else
        print_reply(name, &reply);
    ask_clear(&reply);
    return status;
}
