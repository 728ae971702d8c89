/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exit_status.h - the exit status of a command: EXIT STATUS in oauth-login(1).
 */
#ifndef OAUTH_LOGIN_CLI_BASE_EXIT_STATUS_H
#define OAUTH_LOGIN_CLI_BASE_EXIT_STATUS_H

#include "protocol.h"

enum exit_status {
    EXIT_YES = 0,
    EXIT_NO = 1,
    EXIT_USAGE = 2,
    EXIT_UNREACHABLE = 3,
    EXIT_MISCONFIGURED = 4,
    EXIT_FAULT = 5,
    EXIT_NOT_PERMITTED = 6,
};

/* Returns the exit status of a verdict. */
enum exit_status exit_status_of(enum verdict verdict);

#endif
