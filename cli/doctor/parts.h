/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parts.h - the parts of oauth-login doctor that check this machine; the helper checks the rest.
 * Each adds its findings.
 */
#ifndef OAUTH_LOGIN_CLI_DOCTOR_PARTS_H
#define OAUTH_LOGIN_CLI_DOCTOR_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "findings.h"

/* The options of the module's lines in sshd's stack. */
struct doctor_sshd {
    bool used;         /* the stack has such a line */
    bool enroll;       /* option enroll */
    uint32_t deadline; /* option deadline, seconds; PROTOCOL_UNSET if it is not set */
};

/* Checks the user, the files of helper and module, and the directory of the file `config`. */
void doctor_look_at_files(struct findings *findings, const char *config);

/* Checks the stacks in pam.d that have the module. Fills in `ret_sshd`. */
void doctor_look_at_pam(struct findings *findings, struct doctor_sshd *ret_sshd);

/* Checks sshd's effective configuration, if the module is in its stack. Needs root. Returns
 * LoginGraceTime in seconds; 0 if there is no limit, or if it is unknown. */
uint32_t doctor_look_at_sshd(struct findings *findings, const struct doctor_sshd *sshd);

/* Checks that the kernel has keys, and root's quota of them. */
void doctor_look_at_keys(struct findings *findings);

/* Checks that oauth-login-watch checks the open sessions in time. Needs root. */
void doctor_look_at_sessions(struct findings *findings);

#endif
