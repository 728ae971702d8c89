/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor.h - oauth-login doctor.
 */
#ifndef OAUTH_LOGIN_CLI_DOCTOR_DOCTOR_H
#define OAUTH_LOGIN_CLI_DOCTOR_DOCTOR_H

#include "command.h"
#include "exit_status.h"

/* Prints what is wrong on this machine, why it matters, and the fix. Returns the exit status. */
enum exit_status command_doctor(const struct arguments *arguments);

#endif
