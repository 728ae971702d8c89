/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn_child.h - what the helper's process does between its birth and its program.
 */
#ifndef OAUTH_LOGIN_CLIENT_SPAWN_CHILD_H
#define OAUTH_LOGIN_CLIENT_SPAWN_CHILD_H

#include <sys/types.h>

struct spawn_plan {
    int peer; /* the socket that becomes the helper's standard input */
    uid_t uid;
    gid_t gid;
    const char *config; /* or NULL */
};

/* Sheds everything that came from the caller and executes the helper. Async-signal-safe: it runs
 * in a copy of a process that may have had threads. */
_Noreturn void spawn_child_run(const struct spawn_plan *plan);

#endif
