/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sandbox.h - the rights that the helper gives up, so that an attacker who takes it over through a
 * provider's response gains almost nothing.
 */
#ifndef OAUTH_LOGIN_HELPER_SANDBOX_SANDBOX_H
#define OAUTH_LOGIN_HELPER_SANDBOX_SANDBOX_H

#include <stdbool.h>

#include "reason.h"

/* MUST be called before anything else. From then on no core file and no debugger sees a secret:
 * neither this process nor a child of it is dumpable or can be traced by its own user. No program
 * started from here can gain rights. Returns 0 or a negative errno. */
int sandbox_begin(void);

/* MUST be called before the first byte from the network, and after everything that will be written
 * is open. From then on a file can be opened only for reading, and only if name resolution or TLS
 * needs it or it is `ca_file` ("": none). No file can be made, renamed or removed, no program
 * started, no other process signalled or inspected, no socket listened on. Threads work. There is
 * no way back; a second call does nothing.
 *
 * A restriction that the kernel is too old for is left out. An error means that the kernel has the
 * feature but refused it, or that memory ran out: `reason` is set and the caller MUST NOT
 * continue. */
int sandbox_enter(const char *ca_file, struct reason *reason);
bool sandbox_is_entered(void);

/* Describes, after sandbox_enter, which restrictions are in force and which are missing. Returns
 * false when any is missing. */
bool sandbox_describe(struct reason *ret);

#endif
