/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jobs.c - tasks that run in parallel. Reaps only its own jobs: the process may have other
 * children, which it had before execve(2).
 */
#include "jobs.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static void note_end(struct jobs *jobs, pid_t pid, int status) {
    for (size_t i = 0; i < JOBS_MAX; i++)
        if (jobs->running[i] == pid) {
            jobs->running[i] = 0;
            jobs->failed |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        }
}

/* Waits for `pid`, or for any child (-1). A job that can't be waited for counts as failed. */
static void wait_for(struct jobs *jobs, pid_t pid) {
    int status = 0;
    pid_t ended;

    do
        ended = waitpid(pid, &status, 0);
    while (ended < 0 && errno == EINTR);
    if (ended > 0)
        note_end(jobs, ended, status);
    else
        note_end(jobs, pid, -1);
}

/* Finds a free place; NULL if there is none. */
static pid_t *find_free(struct jobs *jobs) {
    for (size_t i = 0; i < JOBS_MAX; i++)
        if (jobs->running[i] == 0)
            return &jobs->running[i];
    return NULL;
}

bool jobs_begin(struct jobs *jobs) {
    pid_t *job, parent = getpid();

    while (!(job = find_free(jobs)))
        wait_for(jobs, -1);

    *job = fork();
    if (*job == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) /* the parent ended before prctl */
            _exit(1);
        return true;
    }
    if (*job < 0) {
        *job = 0;
        jobs->failed = true;
    }
    return false;
}

bool jobs_finish(struct jobs *jobs) {
    for (size_t i = 0; i < JOBS_MAX; i++)
        if (jobs->running[i] != 0)
            wait_for(jobs, jobs->running[i]);
    return !jobs->failed;
}
