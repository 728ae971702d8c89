/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parts.h - the parts of oauth-login doctor that look at this machine; the helper looks at the
 * rest. Each adds what it found to the report.
 */
#ifndef OAUTH_LOGIN_CLI_DOCTOR_PARTS_H
#define OAUTH_LOGIN_CLI_DOCTOR_PARTS_H

#include "findings.h"

/* What the module's lines in sshd's stack ask for. */
struct doctor_sshd {
    bool used;         /* there is one */
    bool enroll;       /* with the option enroll */
    uint32_t deadline; /* the option, seconds; PROTOCOL_UNSET without */
};

/* The user, the helper's file, the module's, the directory of the configuration `config`. */
void doctor_look_at_files(struct report *report, const char *config);

/* The stacks in pam.d in which the module stands. */
void doctor_look_at_pam(struct report *report, struct doctor_sshd *ret_sshd);

/* sshd's effective configuration, for root and where the module stands in its stack. Returns
 * LoginGraceTime in seconds, 0 when there is none or it was not found out. */
uint32_t doctor_look_at_sshd(struct report *report, const struct doctor_sshd *sshd);

/* The kernel's keys, and what is left of root's share. */
void doctor_look_at_keys(struct report *report);

/* The open sessions, for root: whether oauth-login-watch comes when it should. */
void doctor_look_at_sessions(struct report *report);

#endif
