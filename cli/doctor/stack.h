/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack.h - checks the module's lines in a PAM stack.
 */
#ifndef OAUTH_LOGIN_CLI_DOCTOR_STACK_H
#define OAUTH_LOGIN_CLI_DOCTOR_STACK_H

#include <stdbool.h>

#include "findings.h"
#include "options.h"
#include "pam_stack.h"

#define DOCTOR_MODULE "pam_oauth_login.so"

/* The options of a line of the module. */
struct stack_options {
    struct pam_words words; /* `module` points into them */
    struct options module;  /* as the module parses them */
    bool enroll, enroll_unproven;
    char wrong[OPTIONS_ERROR_SIZE]; /* the error that the module will report, or "" */
};

/* Reads the options of a line. Those that the module rejects are read as far as possible. */
void stack_read_options(const struct pam_line *line, struct stack_options *ret);

/* Tells whether the stack has a line of the module, or a line with its name misspelt. */
bool stack_has_module(const struct pam_stack *stack);

/* Tells whether the service is a screen locker. A locker runs as the user, so it can't start the
 * helper, and it calls only the auth phase. */
bool stack_is_locker(const char *service);

/* Checks every line of the module in the stack of `service`, and adds the findings. */
void stack_judge(struct findings *findings, const char *service, const struct pam_stack *stack);

#endif
