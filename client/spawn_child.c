/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn_child.c - what the helper's process does between its birth and its program.
 *
 * It comes from a process of root's that anybody may have started, from a shell with any limits.
 * Nothing of that may reach the helper: it MUST be able to write the store whatever the caller's
 * limits are, MUST have no right left but its user's, and MUST hold no descriptor but its socket.
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
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocol.h"

enum { DESCRIPTORS_MAX = 65536, HELPER_FILES = 64 };

/* A root without CAP_SYS_RESOURCE, as in most containers, can't raise a hard limit: then the
 * helper gets what there is, unless that is less than it can live with. */
static const struct {
    int resource;
    rlim_t wanted;
    rlim_t least;
} limits[] = {
    {RLIMIT_AS, RLIM_INFINITY, (rlim_t) 256 << 20},
    {RLIMIT_CORE, 0, 0},
    {RLIMIT_CPU, 60, 5},
    {RLIMIT_DATA, RLIM_INFINITY, (rlim_t) 64 << 20},
    {RLIMIT_FSIZE, (rlim_t) 16 << 20, 0}, /* at 0 the store writes by mmap(2) */
    {RLIMIT_LOCKS, RLIM_INFINITY, 0},
    {RLIMIT_MEMLOCK, (rlim_t) 8 << 20, 0},
    {RLIMIT_MSGQUEUE, 0, 0},
    {RLIMIT_NICE, 0, 0},
    {RLIMIT_NOFILE, HELPER_FILES, 32},
    {RLIMIT_NPROC, RLIM_INFINITY, 0}, /* helpers share a uid: it would count them all */
    {RLIMIT_RSS, RLIM_INFINITY, 0},
    {RLIMIT_RTPRIO, 0, 0},
    {RLIMIT_SIGPENDING, 64, 0},
    {RLIMIT_STACK, (rlim_t) 8 << 20, (rlim_t) 1 << 20},
};

/* Ends with a REPLY that says which step failed, so that the log of the caller names it. */
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
    size_t size = (size_t) (writer.at - frame);
    struct protocol_writer header = {.at = frame, .end = frame + PROTOCOL_HEADER_SIZE};
    protocol_put_u32(&header, (uint32_t) (size - PROTOCOL_HEADER_SIZE));
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
            fail(STDIN_FILENO, "a resource limit of the caller is too low to live with");
    }
}

/* Timers need no reset: fork clears them. */
static void fix_scheduling(void) {
    struct sched_param normal = {.sched_priority = 0};
    cpu_set_t every;
    umask(077);
    personality(PER_LINUX);
    syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &normal);
    setpriority(PRIO_PROCESS, 0, 0);
    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0); /* no class: by the nice value */
    memset(&every, 0xff, sizeof every);
    sched_setaffinity(0, sizeof every, &every);
    if (chdir("/") < 0)
        fail(STDIN_FILENO, "chdir");
}

/* The mask stays full until execve: no handler of the caller's may run here. By number, since
 * glibc keeps two signals to itself, which the caller may have inherited as ignored. */
static void fix_signals(void) {
    static const uint64_t normal[8]; /* the kernel's struct sigaction: SIG_DFL and no flags */
    for (int number = 1; number < NSIG; number++)
        syscall(SYS_rt_sigaction, number, normal, NULL, sizeof(uint64_t));
}

/* Our end at 0, nothing above, /dev/null at 1 and 2. In this order it needs no free descriptor:
 * the caller may have used up all that its limit, or ours, allows. */
static void fix_descriptors(int peer) {
    if (dup2(peer, STDIN_FILENO) < 0)
        fail(peer, "dup2");
    if (syscall(SYS_close_range, STDOUT_FILENO, ~0U, 0) < 0) /* before Linux 5.9 */
        for (int fd = STDOUT_FILENO; fd < DESCRIPTORS_MAX; fd++)
            close(fd);
    if (open("/dev/null", O_RDWR) != STDOUT_FILENO || dup(STDOUT_FILENO) != STDERR_FILENO)
        fail(STDIN_FILENO, "open /dev/null");
}

/* A caller that the kernel is to kill first, or last, is no reason to kill the helper so. */
static void fix_oom_score(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "0", 1) == 1)
        errno = 0;
    if (fd >= 0)
        close(fd);
}

/* The caller's session keyring may hold somebody's keys; the helper gets an empty one. */
static void fix_keyring(void) {
    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
}

/* The calls are made by number; where a word is 32 bits, these take 16-bit ids. */
_Static_assert(sizeof(long) == 8, "64-bit machines only");

/* glibc's own wrappers would signal threads that this copy does not have. */
static void drop_rights(const struct spawn_plan *plan) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}};
    if (syscall(SYS_setgroups, 0, NULL) < 0)
        fail(STDIN_FILENO, "setgroups");
    if (syscall(SYS_setresgid, plan->gid, plan->gid, plan->gid) < 0)
        fail(STDIN_FILENO, "setresgid");
    if (syscall(SYS_setresuid, plan->uid, plan->uid, plan->uid) < 0)
        fail(STDIN_FILENO, "setresuid");
    if (syscall(SYS_capset, &header, none) < 0) /* those that could be inherited are left */
        fail(STDIN_FILENO, "capset");
}

static void prove_rights(const struct spawn_plan *plan) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {{0, 0, 0}};
    uid_t ruid = 0, euid = 0, suid = 0;
    gid_t rgid = 0, egid = 0, sgid = 0;
    bool ids = getresuid(&ruid, &euid, &suid) == 0 && getresgid(&rgid, &egid, &sgid) == 0 &&
               ruid == plan->uid && euid == plan->uid && suid == plan->uid && rgid == plan->gid &&
               egid == plan->gid && sgid == plan->gid && getgroups(0, NULL) == 0;
    bool bare =
        syscall(SYS_capget, &header, sets) == 0 &&
        (sets[0].permitted | sets[1].permitted | sets[0].inheritable | sets[1].inheritable) == 0;
    bool no_way_back =
        syscall(SYS_setresuid, -1, 0, -1) < 0 && syscall(SYS_setresgid, -1, 0, -1) < 0;
    if (ids && bare && no_way_back)
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
    prove_rights(plan);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(program, (char *const *) (uintptr_t) (plan->config ? configured : bare),
           (char *const *) (uintptr_t) environment);
    fail(STDIN_FILENO, "execve");
}
