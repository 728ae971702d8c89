/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_control.h - the control field of a line in pam.d (pam.conf(5)): the action for each value
 * that a module can return.
 */
#ifndef OAUTH_LOGIN_CLI_DOCTOR_PAM_CONTROL_H
#define OAUTH_LOGIN_CLI_DOCTOR_PAM_CONTROL_H

#include <stdbool.h>

/* The values of pam.conf(5) that doctor checks, by libpam's numbers. PAM_VALUE_COUNT is the number
 * of all values that libpam has. */
enum pam_value {
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

/* The actions of a control. A positive number is a jump over that many lines. */
enum pam_action {
    PAM_ACTION_IGNORE = 0,
    PAM_ACTION_OK = -1,
    PAM_ACTION_DONE = -2,
    PAM_ACTION_BAD = -3,
    PAM_ACTION_DIE = -4,
    PAM_ACTION_RESET = -5,
};

enum { PAM_JUMP_MAX = 1000 };

struct pam_control {
    int action[PAM_VALUE_COUNT]; /* enum pam_action, or a jump */
};

/* Parses `text`: one of the four words, or "[value=action ...]". Returns false if libpam can't
 * parse it: it then treats the line as one that always fails. */
bool pam_control_parse(const char *text, struct pam_control *ret);

#endif
