/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack.h - whether the module's lines in a PAM stack do what they are there for.
 */
#ifndef OAUTH_LOGIN_CLI_DOCTOR_STACK_H
#define OAUTH_LOGIN_CLI_DOCTOR_STACK_H

#include "findings.h"
#include "options.h"
#include "pam_stack.h"

#define DOCTOR_MODULE "pam_oauth_login.so"

/* The options behind a line of the module. */
struct stack_options {
    struct pam_words words; /* what the next may point into */
    struct options module;  /* as the module reads them */
    bool enroll, enroll_unproven;
    char wrong[OPTIONS_ERROR_SIZE]; /* what the module will not understand, or "" */
};

void stack_read_options(const struct pam_line *line, struct stack_options *ret);

/* Whether a line of the stack is the module's, or was meant to be. */
bool stack_has_module(const struct pam_stack *stack);

/* Whether the service is a screen locker's that asks PAM as the user, who can't start the helper,
 * and runs auth alone. */
bool stack_is_locker(const char *service);

/* Judges every line of the module in the stack of `service`. */
void stack_judge(struct report *report, const char *service, const struct pam_stack *stack);

#endif
