/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn_child.h - the helper's process between clone(2) and execve(2).
 */
#ifndef OAUTH_LOGIN_CLIENT_SPAWN_CHILD_H
#define OAUTH_LOGIN_CLIENT_SPAWN_CHILD_H

#include <sys/types.h>

struct spawn_plan {
    int peer; /* the socket that becomes the helper's standard input */
    uid_t uid;
    gid_t gid;
    const char *config; /* a path; NULL: the default configuration */
};

/* Drops everything that came from the application and executes the helper. Async-signal-safe, since
 * it runs in a copy of a process that may have had threads. */
_Noreturn void spawn_child_run(const struct spawn_plan *plan);

#endif
