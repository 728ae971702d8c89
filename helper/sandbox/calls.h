/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.h - which system calls the helper may make once it speaks to the network: a
 * seccomp filter (seccomp(2)).
 */
#ifndef OAUTH_LOGIN_HELPER_SANDBOX_CALLS_H
#define OAUTH_LOGIN_HELPER_SANDBOX_CALLS_H

/* Restricts this thread, which must have set no_new_privs, and those it starts. Returns 1, 0 when
 * the kernel has no filters or the machine is of a kind that no list was made for, or a negative
 * errno. */
int sandbox_calls_restrict(void);

#endif
