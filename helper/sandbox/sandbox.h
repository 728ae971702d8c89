/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sandbox.h - what the helper gives up for itself, so that whoever takes it over by what a
 * provider answers has gained next to nothing.
 */
#ifndef OAUTH_LOGIN_HELPER_SANDBOX_SANDBOX_H
#define OAUTH_LOGIN_HELPER_SANDBOX_SANDBOX_H

#include <stdbool.h>

#include "reason.h"

/* Before anything else: no core file and no debugger shall see a secret (neither this process
 * nor a child of it is dumpable or can be traced by its own user), and no program started from
 * here could gain rights. Negative errno. */
int sandbox_begin(void);

/* Before the first byte of the network, and when everything is open that is to be written: from
 * here on no file can be opened but to read what name resolution and TLS need (and `ca_file`, "":
 * none), none can be made, named or removed, no program started, no other process signalled or
 * looked at, no socket listened on. Threads work. There is no way back; a second call does nothing.
 * What the kernel is too old for is left out; an error is one of a kernel that is not, or of a
 * memory that ended, with `reason` set, and then nothing may go on. */
int sandbox_enter(const char *ca_file, struct reason *reason);
bool sandbox_is_entered(void);

/* After sandbox_enter: fills `ret` with what is in force, and with what is lacking if anything is:
 * then false. */
bool sandbox_describe(struct reason *ret);

#endif
