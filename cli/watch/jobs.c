/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * jobs.c - things that are done beside each other. Only processes that are ours are waited for: a
 * program keeps those that it had before execve(2).
 */
#include "jobs.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void note_end(struct jobs *jobs, pid_t pid, int status) {
    for (size_t i = 0; i < JOBS_MAX; i++)
        if (jobs->running[i] == pid) {
            jobs->running[i] = 0;
            jobs->failed |= !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        }
}

/* Waits for `pid`, or for any (-1). */
static void wait_for(struct jobs *jobs, pid_t pid) {
    int status = 0;
    pid_t ended;
    do
        ended = waitpid(pid, &status, 0);
    while (ended < 0 && errno == EINTR);
    note_end(jobs, ended > 0 ? ended : pid, ended > 0 ? status : -1);
}

static pid_t *find_room(struct jobs *jobs) {
    for (size_t i = 0; i < JOBS_MAX; i++)
        if (jobs->running[i] == 0)
            return &jobs->running[i];
    return NULL;
}

bool jobs_begin(struct jobs *jobs) {
    pid_t *room, parent = getpid();
    while (!(room = find_room(jobs)))
        wait_for(jobs, -1);
    *room = fork();
    if (*room == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) /* it has ended before that */
            _exit(1);
        return true;
    }
    if (*room < 0) {
        *room = 0;
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
