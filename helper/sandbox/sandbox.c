/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sandbox.c - the rights that the helper gives up before it talks to the network.
 */
#include "sandbox.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "calls.h"
#include "files.h"

/* Bytes for RLIMIT_DATA. A login takes 2 MiB, and 8 more for the stack of the resolver's thread.
 * Whatever a provider sends, the helper runs out of memory before the machine does. */
enum { SANDBOX_DATA = 64 << 20 };

static struct {
    bool entered;
    int files; /* ABI of Landlock; 0: no Landlock */
    int calls; /* 1: seccomp; 0: no seccomp */
} in_force;

int sandbox_begin(void) {
    static const struct rlimit none = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -errno;
    return 0;
}

#ifndef SANDBOX_OFF

/* Lowers the limit. The caller's own limit may be lower already. */
static int limit_data(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) < 0)
        return -errno;
    if (limit.rlim_max > SANDBOX_DATA)
        limit.rlim_max = SANDBOX_DATA;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_DATA, &limit) < 0 ? -errno : 0;
}

static int confine(const char *ca_file, struct reason *reason) {
    int r = limit_data();
    if (r < 0)
        return reason_set(reason, r, "cannot limit memory: %s", strerror(-r));

    in_force.files = sandbox_files_restrict(ca_file);
    if (in_force.files < 0)
        return reason_set(reason, in_force.files, "cannot restrict files (Landlock): %s",
                          strerror(-in_force.files));

    in_force.calls = sandbox_calls_restrict();
    if (in_force.calls < 0)
        return reason_set(reason, in_force.calls, "cannot restrict system calls (seccomp): %s",
                          strerror(-in_force.calls));
    return 0;
}

#else /* sanitizers need more memory, and start a process at the end */

static int confine(const char *ca_file, struct reason *reason) {
    (void)ca_file;
    (void)reason;
    return 0;
}

#endif

int sandbox_enter(const char *ca_file, struct reason *reason) {
    int r = in_force.entered ? 0 : confine(ca_file, reason);
    in_force.entered = r == 0;
    return r;
}

bool sandbox_is_entered(void) {
    return in_force.entered;
}

bool sandbox_describe(struct reason *ret) {
    bool whole = in_force.files >= SANDBOX_FILES_ABI && in_force.calls > 0;

    if (in_force.files == 0)
        reason_set(ret, 0,
                   "Landlock is missing: it needs Linux 5.13 or later with "
                   "CONFIG_SECURITY_LANDLOCK, and landlock in lsm=; system calls are %s",
                   in_force.calls ? "restricted" : "not restricted either");
    else if (!in_force.calls)
        reason_set(ret, 0,
                   "Landlock ABI %d is in force, seccomp is missing: the kernel has no "
                   "CONFIG_SECCOMP_FILTER, or the helper does not know this architecture",
                   in_force.files);
    else
        reason_set(ret, 0, "Landlock ABI %d and seccomp are in force%s", in_force.files,
                   whole ? "" : "; with Linux 6.12 Landlock restricts sockets and signals too");
    return whole;
}
