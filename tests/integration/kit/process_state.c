/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_state.c - the state of a process that belongs to the application alone.
 */
#include "process_state.h"

#include <dirent.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Versions of clang-format disagree about the braces of a macro. */
/* clang-format off */
#define ASPECT(member) \
    { #member, offsetof(struct process_state, member), sizeof((struct process_state *)0)->member }
/* clang-format on */

static const struct {
    const char *name;
    size_t offset, size;
} aspects[] = {
    ASPECT(directory), ASPECT(mask),        ASPECT(actions),     ASPECT(limits),  ASPECT(timer),
    ASPECT(nice),      ASPECT(uids),        ASPECT(gids),        ASPECT(session), ASPECT(group),
    ASPECT(umask),     ASPECT(descriptors), ASPECT(io_priority),
};

static void list_descriptors(struct process_state *ret) {
    DIR *directory = opendir("/proc/self/fd");
    const struct dirent *entry;
    if (!directory)
        exit(2);
    while ((entry = readdir(directory))) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && fd != dirfd(directory) && fd < (int)sizeof ret->descriptors)
            ret->descriptors[fd] = 1;
    }
    closedir(directory);
}

void process_state_take(struct process_state *ret) {
    if (!getcwd(ret->directory, sizeof ret->directory))
        exit(2);
    /* By system calls: the library leaves the rest of its larger structures undefined. */
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &ret->mask, sizeof ret->mask);
    for (int i = 1; i < NSIG; i++)
        syscall(SYS_rt_sigaction, i, NULL, ret->actions[i], sizeof ret->mask);
    for (int i = 0; i < RLIM_NLIMITS; i++)
        getrlimit((__rlimit_resource_t)i, &ret->limits[i]);
    getitimer(ITIMER_REAL, &ret->timer);
    ret->nice = getpriority(PRIO_PROCESS, 0);
    ret->io_priority = syscall(SYS_ioprio_get, 1, 0);
    getresuid(&ret->uids.real, &ret->uids.effective, &ret->uids.saved);
    getresgid(&ret->gids.real, &ret->gids.effective, &ret->gids.saved);
    ret->session = getsid(0);
    ret->group = getpgrp();
    umask(ret->umask = umask(077));
    list_descriptors(ret);
}

void process_state_print_changed(const struct process_state *before,
                                 const struct process_state *after, FILE *out) {
    fprintf(out, "changed=");
    for (size_t i = 0; i < sizeof aspects / sizeof aspects[0]; i++)
        if (memcmp((const char *)before + aspects[i].offset,
                   (const char *)after + aspects[i].offset, aspects[i].size) != 0)
            fprintf(out, "%s ", aspects[i].name);
    fprintf(out, "\n");
}
