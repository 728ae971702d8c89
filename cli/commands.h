/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * commands.h - the commands of oauth-login(1) that are a file each; cli/doctor/ and cli/watch/ have
 * theirs.
 */
#ifndef OAUTH_LOGIN_CLI_COMMANDS_H
#define OAUTH_LOGIN_CLI_COMMANDS_H

#include "command.h"

/* Each runs one command and returns the exit status. */
int command_unenroll(const struct arguments *arguments);
int command_enroll(const struct arguments *arguments);
int command_import(const struct arguments *arguments);
int command_verify(const struct arguments *arguments);
int command_status(const struct arguments *arguments);
int command_list(const struct arguments *arguments);
int command_token(const struct arguments *arguments);
int command_git_credential(const struct arguments *arguments);

#endif
