/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * command.h - a command line, and what every command shares: the question and its exit status.
 */
#ifndef OAUTH_LOGIN_CLI_BASE_COMMAND_H
#define OAUTH_LOGIN_CLI_BASE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "ask.h"

/* Exit status: oauth-login(1). */
enum {
    EXIT_YES = 0,
    EXIT_NO = 1,
    EXIT_USAGE = 2,
    EXIT_UNREACHABLE = 3,
    EXIT_MISCONFIGURED = 4,
    EXIT_FAULT = 5,
    EXIT_NOT_PERMITTED = 6,
};

/* A command line, parsed. */
struct arguments {
    const char *user;    /* NULL when none was given */
    const char *service; /* --service, "" without */
    const char *config;  /* --config, NULL without */
    uint32_t unused;     /* --unused, seconds; 0 without */
    bool json;           /* --json */
    bool yes;            /* --yes */
    bool forget;         /* --forget */
    bool browser;        /* --browser */
    bool header;         /* --header */
};

/* Each runs one command and returns the exit status. */
int command_unenroll(const struct arguments *arguments);
int command_enroll(const struct arguments *arguments);
int command_import(const struct arguments *arguments);
int command_verify(const struct arguments *arguments);
int command_status(const struct arguments *arguments);
int command_list(const struct arguments *arguments);
int command_doctor(const struct arguments *arguments);
int command_token(const struct arguments *arguments);
int command_git_credential(const struct arguments *arguments);
int command_watch(const struct arguments *arguments);

/* The account that a command is about: the one given, else the caller's own. Prints what is wrong
 * and returns NULL when there is no such account. The text lives until the next call. */
const char *command_account(const struct arguments *arguments);

/* A question as the arguments have it. */
struct ask_request command_request(const struct arguments *arguments,
                                   enum protocol_operation operation, const char *account);

/* The exit status of a verdict. */
int exit_status_of(enum verdict verdict);

#endif
