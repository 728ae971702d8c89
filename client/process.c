/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.c - facts about a process, read from proc(5).
 */
#include "process.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scoped.h"

bool process_read(pid_t pid, struct process *ret) {
    char path[64], text[1024];
    int terminal = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (size <= 0)
        return false;
    text[size] = '\0';

    /* The fields 3, 4, 7 and 22. The 2nd, in parentheses, may contain anything. */
    const char *rest = strrchr(text, ')');
    bool whole = rest && sscanf(rest + 1,
                                " %c %d %*d %*d %d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
                                "%*d %*d %*d %" SCNu64,
                                &ret->state, &ret->parent, &terminal, &ret->started) == 4;
    ret->terminal = (dev_t)terminal;
    return whole;
}
