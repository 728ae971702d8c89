/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jobs.h - tasks that run in parallel, each in a process of its own.
 */
#ifndef OAUTH_LOGIN_CLI_WATCH_JOBS_H
#define OAUTH_LOGIN_CLI_WATCH_JOBS_H

#include <stdbool.h>
#include <sys/types.h>

enum { JOBS_MAX = 8 }; /* at a time */

/* Must be zeroed before the first job. */
struct jobs {
    pid_t running[JOBS_MAX]; /* 0: free */
    bool failed;             /* a job did not exit with 0, or could not be started */
};

/* Starts a job, after waiting for one to end if JOBS_MAX are running. Returns true in the job's
 * process, which must do its work and exit; it is killed if its parent ends first. */
bool jobs_begin(struct jobs *jobs);

/* Waits for all jobs to end. Returns false if one has failed. */
bool jobs_finish(struct jobs *jobs);

#endif
