/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * command.c - code that all commands share.
 */
#include "command.h"

#include <pwd.h>
#include <stdio.h>
#include <sys/types.h>
#include <unistd.h>

#include "print.h"

const char *command_account(const struct arguments *arguments) {
    char shown[PRINT_ESCAPED_SIZE];
    const struct passwd *entry = arguments->user ? getpwnam(arguments->user) : getpwuid(getuid());

    if (entry)
        return entry->pw_name;
    if (arguments->user)
        fprintf(stderr, "oauth-login: no such account on this machine: %s (see: getent passwd)\n",
                print_escaped(arguments->user, shown, sizeof shown));
    else
        fprintf(stderr, "oauth-login: uid %u has no account on this machine; give USER\n",
                getuid());
    return NULL;
}

static void print_wait(const char *provider, void *context) {
    (void)context;
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "Asking %s ...\n", provider);
}

/* Tells whether the operation may make a user at a terminal wait for the provider. */
static bool shows_wait(enum protocol_operation operation) {
    return operation == OPERATION_VERIFY || operation == OPERATION_IMPORT ||
           operation == OPERATION_DOCTOR;
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
        .on_wait = shows_wait(operation) ? print_wait : NULL,
    };
}
