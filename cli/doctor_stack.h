/*
 * doctor_stack.h - whether the module's lines in a PAM stack do what they are there for.
 */
#ifndef OAUTH_LOGIN_DOCTOR_STACK_H
#define OAUTH_LOGIN_DOCTOR_STACK_H

#include "pam_stack.h"
#include "report.h"

#define DOCTOR_MODULE "pam_oauth_login.so"

/* The options behind a line of the module that doctor has something to say about. */
struct stack_options {
    bool assume_proven, permissive, nouserok, enroll, enroll_unproven;
    uint32_t deadline; /* seconds; PROTOCOL_UNSET without */
};

void stack_read_options(const char *arguments, struct stack_options *ret);

/* Judges every line of the module in the stack of `service`. */
void stack_judge(struct report *report, const char *service, const struct pam_stack *stack);

#endif
