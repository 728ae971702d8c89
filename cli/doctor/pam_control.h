/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_control.h - the control field of a line in pam.d (pam.conf(5)), by what it does with what a
 * module returns.
 */
#ifndef OAUTH_LOGIN_CLI_DOCTOR_PAM_CONTROL_H
#define OAUTH_LOGIN_CLI_DOCTOR_PAM_CONTROL_H

#include <stdbool.h>

/* The values of pam.conf(5) that this program has to do with, and how many there are. */
enum {
    PAM_VALUE_SUCCESS = 0,
    PAM_VALUE_OPEN_ERR = 1,
    PAM_VALUE_SYMBOL_ERR = 2,
    PAM_VALUE_SERVICE_ERR = 3,
    PAM_VALUE_SYSTEM_ERR = 4,
    PAM_VALUE_PERM_DENIED = 6,
    PAM_VALUE_AUTH_ERR = 7,
    PAM_VALUE_AUTHINFO_UNAVAIL = 9,
    PAM_VALUE_USER_UNKNOWN = 10,
    PAM_VALUE_NEW_AUTHTOK_REQD = 12,
    PAM_VALUE_IGNORE = 25,
    PAM_VALUE_MODULE_UNKNOWN = 28,
    PAM_VALUE_COUNT = 32,
};

/* What a control does; a positive number is a jump over so many lines. */
enum {
    PAM_ACTION_IGNORE = 0,
    PAM_ACTION_OK = -1,
    PAM_ACTION_DONE = -2,
    PAM_ACTION_BAD = -3,
    PAM_ACTION_DIE = -4,
    PAM_ACTION_RESET = -5,
    PAM_JUMP_MAX = 1000,
};

struct pam_control {
    int action[PAM_VALUE_COUNT];
};

/* Reads `text`: one of the four words, or "[value=action ...]". False when libpam would take the
 * line for a failing one. */
bool pam_control_parse(const char *text, struct pam_control *ret);

#endif
