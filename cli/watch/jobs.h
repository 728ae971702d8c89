/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jobs.h - things that are done beside each other, each in a process of its own.
 */
#ifndef OAUTH_LOGIN_CLI_WATCH_JOBS_H
#define OAUTH_LOGIN_CLI_WATCH_JOBS_H

#include <stdbool.h>
#include <sys/types.h>

enum { JOBS_MAX = 8 }; /* at a time */

/* Zeroed before the first. */
struct jobs {
    pid_t running[JOBS_MAX]; /* 0: free */
    bool failed;             /* one did not exit with 0, or could not be started */
};

/* Begins one more, after waiting for another's end where there are JOBS_MAX. True in its process,
 * which does it and exits, and ends with the process that began it at the latest. */
bool jobs_begin(struct jobs *jobs);

/* Waits for all to end. False when one has failed. */
bool jobs_finish(struct jobs *jobs);

#endif
