/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_state.h - the state of a process that belongs to the application alone: taken before and
 * after a PAM module has run in it, and compared.
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

/* Fills `ret`, which must be all zeros, because two states are compared as bytes. */
void process_state_take(struct process_state *ret);

/* Prints a line "changed=NAME ..." with the members that differ. */
void process_state_print_changed(const struct process_state *before,
                                 const struct process_state *after, FILE *out);

#endif
