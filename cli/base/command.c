/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * command.c - what every command shares.
 */
#include "command.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "print.h"

const char *command_account(const struct arguments *arguments) {
    char shown[PRINT_ESCAPED_SIZE];
    const struct passwd *entry = arguments->user ? getpwnam(arguments->user) : getpwuid(getuid());
    if (entry)
        return entry->pw_name;
    if (arguments->user)
        fprintf(stderr, "oauth-login: no such account on this machine: %s (getent passwd)\n",
                print_escaped(arguments->user, shown, sizeof shown));
    else
        fprintf(stderr, "oauth-login: uid %u has no account here; name one\n", getuid());
    return NULL;
}

static void say_whom_we_wait_for(const char *provider, void *context) {
    (void) context;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "Asking %s ...\n", provider);
}

struct ask_request command_request(const struct arguments *arguments,
                                   enum protocol_operation operation, const char *account) {
    return (struct ask_request){
        .operation = operation,
        .user = account,
        .service = arguments->service,
        .offline_grace = PROTOCOL_UNSET,
        .reuse_within = PROTOCOL_UNSET,
        .deadline = PROTOCOL_UNSET,
        .config = arguments->config,
        .on_wait = operation == OPERATION_VERIFY || operation == OPERATION_IMPORT ||
                           operation == OPERATION_DOCTOR
                       ? say_whom_we_wait_for
                       : NULL,
    };
}
