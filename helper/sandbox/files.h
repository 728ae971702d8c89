/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.h - limits the files that the helper may read once it talks to the network, by Landlock
 * (landlock(7)). The helper also gives up binding TCP ports, connecting to abstract sockets and
 * signalling other processes.
 */
#ifndef OAUTH_LOGIN_HELPER_SANDBOX_FILES_H
#define OAUTH_LOGIN_HELPER_SANDBOX_FILES_H

enum {
    SANDBOX_FILES_ABI = 6
}; /* from this ABI on, every restriction that we request is supported */

/* Restricts this process, which must have set no_new_privs, to reading a list of paths and
 * `ca_file` ("": none). Returns the ABI in force, 0 when the kernel has no Landlock,
 * or a negative errno. */
int sandbox_files_restrict(const char *ca_file);

#endif
