/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_state.h - what in a process is nobody's but the application's, before and after others
 * ran in it.
 */
#ifndef OAUTH_LOGIN_TESTS_INTEGRATION_KIT_PROCESS_STATE_H
#define OAUTH_LOGIN_TESTS_INTEGRATION_KIT_PROCESS_STATE_H

#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>

struct process_state {
    char directory[PATH_MAX];
    uint64_t mask;
    uint64_t actions[NSIG][4]; /* the kernel's struct sigaction */
    struct rlimit limits[RLIM_NLIMITS];
    struct itimerval timer;
    long nice, io_priority;
    struct {
        uid_t real, effective, saved;
    } uids, gids;
    pid_t session, group;
    mode_t umask;
    char descriptors[1024]; /* 1: open */
};

/* Fills `ret`, which must be all zeros: two states are compared as bytes. */
void process_state_take(struct process_state *ret);

/* Prints a line "changed=NAME ..." of what is not the same in both. */
void process_state_print_changed(const struct process_state *before,
                                 const struct process_state *after, FILE *out);

#endif
