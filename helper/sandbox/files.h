/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.h - which files the helper may read once it speaks to the network: Landlock
 * (landlock(7)), by which it also gives up TCP ports, abstract sockets and signals to others.
 */
#ifndef OAUTH_LOGIN_HELPER_SANDBOX_FILES_H
#define OAUTH_LOGIN_HELPER_SANDBOX_FILES_H

enum { SANDBOX_FILES_ABI = 6 }; /* from here on, all that we ask for is there */

/* Restricts this process, which must have set no_new_privs, to reading a list of paths and
 * `ca_file` ("": none). Returns the ABI by which it was done, 0 when the kernel has no Landlock,
 * or a negative errno. */
int sandbox_files_restrict(const char *ca_file);

#endif
