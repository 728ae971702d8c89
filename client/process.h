/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.h - what the kernel tells of a process: proc(5).
 */
#ifndef OAUTH_LOGIN_CLIENT_PROCESS_H
#define OAUTH_LOGIN_CLIENT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
    char state;
    pid_t parent;
    dev_t terminal;   /* the controlling terminal; 0 without one */
    uint64_t started; /* clock ticks since boot: a later process may get the same PID */
};

/* Reads the process `pid`. False when there is none. */
bool process_read(pid_t pid, struct process *ret);

#endif
