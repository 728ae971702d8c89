/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * command.h - a parsed command line, and the request to the helper that follows from it.
 */
#ifndef OAUTH_LOGIN_CLI_BASE_COMMAND_H
#define OAUTH_LOGIN_CLI_BASE_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "ask.h"

/* A command line, parsed. */
struct arguments {
    const char *user;    /* USER; NULL if it was not given */
    const char *service; /* --service; "" if it was not given */
    const char *config;  /* --config; NULL if it was not given */
    uint32_t unused;     /* --unused, seconds; 0 if it was not given */
    bool json;           /* --json */
    bool yes;            /* --yes */
    bool forget;         /* --forget */
    bool browser;        /* --browser */
    bool header;         /* --header */
};

/* Returns the name of the account that a command concerns: USER, or the caller's own if USER was
 * not given. Prints an error and returns NULL if there is no such account. The text lives until the
 * next call. */
const char *command_account(const struct arguments *arguments);

/* Returns a request with the options of the command line. */
struct ask_request command_request(const struct arguments *arguments,
                                   enum protocol_operation operation, const char *account);

#endif
