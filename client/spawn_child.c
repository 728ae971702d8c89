/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn_child.c - the helper's process between clone(2) and execve(2).
 *
 * It is a copy of a process of root that any user may have started, such as sudo, with any
 * limits. None of that may reach the helper: it MUST be able to write the store whatever the
 * application's limits are, MUST have no rights but its user's, and MUST hold no descriptor but its
 * socket.
 */
#include "spawn_child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <keyutils.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "protocol.h"

enum { DESCRIPTORS_MAX = 65536, HELPER_FILES = 64 };

/* Without CAP_SYS_RESOURCE, as in most containers, root can't raise a hard limit. Then the helper
 * runs with the hard limit there is, unless that is below the least it needs. */
/* Versions of clang-format disagree about the braces of a macro. */
/* clang-format off */
#define LIMIT(resource, wanted, least) \
    { resource, "the application's hard " #resource " is too low for the helper", wanted, least }
/* clang-format on */

static const struct {
    int resource;
    const char *too_low; /* the reason to give when the limit is below the least */
    rlim_t wanted;
    rlim_t least;
} limits[] = {
    LIMIT(RLIMIT_AS, RLIM_INFINITY, (rlim_t)256 << 20),
    LIMIT(RLIMIT_CORE, 0, 0),
    LIMIT(RLIMIT_CPU, 60, 5),
    LIMIT(RLIMIT_DATA, RLIM_INFINITY, (rlim_t)64 << 20),
    LIMIT(RLIMIT_FSIZE, (rlim_t)16 << 20, 0), /* at 0, the store still writes by mmap(2) */
    LIMIT(RLIMIT_LOCKS, RLIM_INFINITY, 0),
    LIMIT(RLIMIT_MEMLOCK, (rlim_t)8 << 20, 0),
    LIMIT(RLIMIT_MSGQUEUE, 0, 0),
    LIMIT(RLIMIT_NICE, 0, 0),
    LIMIT(RLIMIT_NOFILE, HELPER_FILES, 32),
    LIMIT(RLIMIT_NPROC, RLIM_INFINITY, 0), /* counted for the uid, which helpers share */
    LIMIT(RLIMIT_RSS, RLIM_INFINITY, 0),
    LIMIT(RLIMIT_RTPRIO, 0, 0),
    LIMIT(RLIMIT_SIGPENDING, 64, 0),
    LIMIT(RLIMIT_STACK, (rlim_t)8 << 20, (rlim_t)1 << 20),
};

/* Ends the process with a REPLY that names the step that failed, for the application's log. */
static _Noreturn void fail(int peer, const char *step) {
    static const char message[] =
        "Login refused: this machine's oauth-login can't be started. Your "
        "account is not at fault; tell your administrator.";
    const char *why = strerrordesc_np(errno);
    char reason[256] = "starting " OAUTH_LOGIN_HELPER ": ";
    const char *parts[] = {step, ": ", why ? why : "failed"};
    size_t used = strlen(reason);

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (const char *at = parts[i]; *at != '\0' && used + 1 < sizeof reason; at++)
            reason[used++] = *at;
    reason[used] = '\0';

    uint8_t frame[1024];
    struct protocol_writer writer = {.at = frame, .end = frame + sizeof frame};
    protocol_put_u32(&writer, 0);
    protocol_put_u8(&writer, PROTOCOL_VERSION);
    protocol_put_u8(&writer, PROTOCOL_REPLY);
    protocol_put_u8(&writer, VERDICT_FAULT);
    protocol_put_u8(&writer, SOURCE_NONE);
    protocol_put_u8(&writer, 0);
    protocol_put_string(&writer, "");
    protocol_put_string(&writer, reason);
    protocol_put_string(&writer, message);
    protocol_put_u64(&writer, 0);
    protocol_put_string(&writer, "");
    protocol_put_string(&writer, "");
    size_t size = (size_t)(writer.at - frame);
    struct protocol_writer header = {.at = frame, .end = frame + PROTOCOL_HEADER_SIZE};
    protocol_put_u32(&header, (uint32_t)(size - PROTOCOL_HEADER_SIZE));
    send(peer, frame, size, MSG_NOSIGNAL);
    _exit(1);
}

static void fix_limits(void) {
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit limit = {limits[i].wanted, limits[i].wanted}, old;
        if (syscall(SYS_prlimit64, 0, limits[i].resource, &limit, &old) == 0)
            continue;

        if (syscall(SYS_prlimit64, 0, limits[i].resource, NULL, &old) < 0)
            fail(STDIN_FILENO, "getrlimit");
        limit.rlim_cur = limit.rlim_max = old.rlim_max;
        errno = EPERM;
        if (old.rlim_max < limits[i].least ||
            syscall(SYS_prlimit64, 0, limits[i].resource, &limit, NULL) < 0)
            fail(STDIN_FILENO, limits[i].too_low);
    }
}

/* Also fixes umask, personality and working directory. Timers need no reset: clone clears them. */
static void fix_scheduling(void) {
    struct sched_param normal = {.sched_priority = 0};
    cpu_set_t every;

    umask(077);
    personality(PER_LINUX);
    syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &normal);
    setpriority(PRIO_PROCESS, 0, 0);
    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0); /* no class: the nice value decides */
    memset(&every, 0xff, sizeof every);
    sched_setaffinity(0, sizeof every, &every);
    if (chdir("/") < 0)
        fail(STDIN_FILENO, "chdir");
}

/* Resets every signal to its default. The mask stays full until execve: no handler of the
 * application may run here. Uses the system call, since sigaction(2) of glibc refuses the two
 * signals that it uses itself, which the application may have inherited as ignored. */
static void fix_signals(void) {
    static const uint64_t normal[8]; /* the kernel's struct sigaction: SIG_DFL and no flags */
    for (int number = 1; number < NSIG; number++)
        syscall(SYS_rt_sigaction, number, normal, NULL, sizeof(uint64_t));
}

/* Leaves the helper's end of the socket at 0, /dev/null at 1 and 2, and nothing else. This order
 * needs no free descriptor: the application may have used up all that its limit, or ours,
 * allows. */
static void fix_descriptors(int peer) {
    if (dup2(peer, STDIN_FILENO) < 0)
        fail(peer, "dup2");
    if (syscall(SYS_close_range, STDOUT_FILENO, ~0U, 0) < 0) /* before Linux 5.9 */
        for (int fd = STDOUT_FILENO; fd < DESCRIPTORS_MAX; fd++)
            close(fd);
    if (open("/dev/null", O_RDWR) != STDOUT_FILENO || dup(STDOUT_FILENO) != STDERR_FILENO)
        fail(STDIN_FILENO, "open /dev/null");
}

/* Resets the OOM score: the application may have asked to be killed first, or last. */
static void fix_oom_score(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "0", 1) == 1)
        errno = 0;
    if (fd >= 0)
        close(fd);
}

/* Gives the helper an empty session keyring: the application's may hold a user's keys. */
static void fix_keyring(void) {
    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
}

/* The ids are set by system call numbers; on 32-bit machines these calls take 16-bit ids. */
_Static_assert(sizeof(long) == 8, "64-bit machines only");

/* Drops groups, gid, uid and capabilities, by system calls: the wrappers of glibc would signal
 * threads that this copy does not have. */
static void drop_rights(const struct spawn_plan *plan) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}};
    if (syscall(SYS_setgroups, 0, NULL) < 0)
        fail(STDIN_FILENO, "setgroups");
    if (syscall(SYS_setresgid, plan->gid, plan->gid, plan->gid) < 0)
        fail(STDIN_FILENO, "setresgid");
    if (syscall(SYS_setresuid, plan->uid, plan->uid, plan->uid) < 0)
        fail(STDIN_FILENO, "setresuid");
    if (syscall(SYS_capset, &header, none) < 0) /* setresuid keeps inheritable ones */
        fail(STDIN_FILENO, "capset");
}

/* Checks that all rights of root are gone, and can't be regained. */
static void check_rights(const struct spawn_plan *plan) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {{0, 0, 0}};
    uid_t ruid = 0, euid = 0, suid = 0;
    gid_t rgid = 0, egid = 0, sgid = 0;

    bool ids = getresuid(&ruid, &euid, &suid) == 0 && getresgid(&rgid, &egid, &sgid) == 0 &&
               ruid == plan->uid && euid == plan->uid && suid == plan->uid && rgid == plan->gid &&
               egid == plan->gid && sgid == plan->gid && getgroups(0, NULL) == 0;
    bool no_capabilities =
        syscall(SYS_capget, &header, sets) == 0 &&
        (sets[0].permitted | sets[1].permitted | sets[0].inheritable | sets[1].inheritable) == 0;
    bool no_way_back =
        syscall(SYS_setresuid, -1, 0, -1) < 0 && syscall(SYS_setresgid, -1, 0, -1) < 0;
    if (ids && no_capabilities && no_way_back)
        return;
    errno = EPERM;
    fail(STDIN_FILENO, "rights were not dropped");
}

_Noreturn void spawn_child_run(const struct spawn_plan *plan) {
    static const char program[] = OAUTH_LOGIN_HELPER;
    const char *bare[] = {program, NULL};
    const char *configured[] = {program, "--config", plan->config, NULL};
    const char *const environment[] = {NULL};
    sigset_t none;

    fix_signals();
    fix_descriptors(plan->peer);
    fix_limits();
    fix_scheduling();
    fix_oom_score();
    fix_keyring();
    drop_rights(plan);
    check_rights(plan);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(program, (char *const *)(uintptr_t)(plan->config ? configured : bare),
           (char *const *)(uintptr_t)environment);
    fail(STDIN_FILENO, "execve");
}
