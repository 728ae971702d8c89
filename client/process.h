/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.h - facts about a process, read from proc(5).
 */
#ifndef OAUTH_LOGIN_CLIENT_PROCESS_H
#define OAUTH_LOGIN_CLIENT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
    char state;
    pid_t parent;
    dev_t terminal;   /* the controlling terminal; 0 if it has none */
    uint64_t started; /* start time, in clock ticks since boot: detects that the PID was reused */
};

/* Reads the process `pid`. False when there is none. */
bool process_read(pid_t pid, struct process *ret);

#endif
