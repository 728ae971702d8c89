/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * commands.h - the commands of oauth-login(1). Each is in a file of this directory with its name,
 * except that status and list share listing.c; doctor and watch have directories of their own.
 */
#ifndef OAUTH_LOGIN_CLI_COMMANDS_H
#define OAUTH_LOGIN_CLI_COMMANDS_H

#include "command.h"
#include "exit_status.h"

/* Each runs one command and returns the exit status. */
enum exit_status command_unenroll(const struct arguments *arguments);
enum exit_status command_enroll(const struct arguments *arguments);
enum exit_status command_import(const struct arguments *arguments);
enum exit_status command_verify(const struct arguments *arguments);
enum exit_status command_status(const struct arguments *arguments);
enum exit_status command_list(const struct arguments *arguments);
enum exit_status command_token(const struct arguments *arguments);
enum exit_status command_git_credential(const struct arguments *arguments);

#endif
