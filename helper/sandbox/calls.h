/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.h - limits the system calls that the helper may make once it talks to the network, by a
 * seccomp filter (seccomp(2)).
 */
#ifndef OAUTH_LOGIN_HELPER_SANDBOX_CALLS_H
#define OAUTH_LOGIN_HELPER_SANDBOX_CALLS_H

/* Restricts this thread, which must have set no_new_privs, and the threads it starts. Returns 1 if
 * they are restricted; 0 if the kernel has no filters or there is no list for this architecture; or
 * a negative errno. */
int sandbox_calls_restrict(void);

#endif
