/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.c - the seccomp filter: allows the system calls that a renewal needs, and no others.
 *
 * A call that is on no list fails with ENOSYS, as if the kernel did not know it: a C library or a
 * name service newer than this list then falls back, or fails with an error that becomes
 * `unreachable`. Such a call MUST NOT kill the process, which may be the only holder of the rotated
 * token. Only a call that no library makes by itself, so that it must come from an attacker, kills
 * the process, and the kernel logs it.
 *
 * The filter is written by hand, as in OpenSSH: libseccomp takes twice the time (0.30 ms against
 * 0.14) for a filter like this, and is one more library to load. A call that is allowed whatever
 * its arguments costs nothing: the kernel keeps a bitmap of those.
 */
#include "calls.h"

#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__x86_64__) && !defined(__ILP32__)
#define MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
#define MACHINE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE AUDIT_ARCH_RISCV64
#endif

#ifdef MACHINE

static const uint32_t always[] = {
    /* open descriptors: the peer's socket, the account's files, the network */
    __NR_read,
    __NR_readv,
    __NR_pread64,
    __NR_write,
    __NR_writev,
    __NR_pwrite64,
    __NR_lseek,
    __NR_close,
    __NR_fstat,
    __NR_ftruncate,
    __NR_fsync,
    __NR_fdatasync,
    __NR_flock,
    __NR_ppoll,
    __NR_pselect6,
    /* paths, as far as Landlock allows */
    __NR_newfstatat,
    __NR_statx,
    __NR_faccessat,
    __NR_faccessat2,
    __NR_readlinkat,
    __NR_getdents64,
    __NR_getcwd,
    /* the network */
    __NR_connect,
    __NR_bind,
    __NR_accept4,
    __NR_shutdown,
    __NR_getsockname,
    __NR_getpeername,
    __NR_getsockopt,
    __NR_setsockopt,
    __NR_sendto,
    __NR_sendmsg,
    __NR_sendmmsg,
    __NR_recvfrom,
    __NR_recvmsg,
    __NR_recvmmsg,
    __NR_pipe2,
    __NR_eventfd2,
    /* memory */
    __NR_brk,
    __NR_mmap,
    __NR_munmap,
    __NR_mremap,
    __NR_mprotect,
    __NR_madvise,
    __NR_msync,
    /* threads, time, signals to the process itself */
    __NR_futex,
    __NR_set_robust_list,
    __NR_rseq,
    __NR_sched_yield,
    __NR_sched_getaffinity,
    __NR_membarrier,
    __NR_exit,
    __NR_exit_group,
    __NR_rt_sigaction,
    __NR_rt_sigprocmask,
    __NR_rt_sigreturn,
    __NR_sigaltstack,
    __NR_restart_syscall,
    __NR_setitimer,
    __NR_nanosleep,
    __NR_clock_nanosleep,
    __NR_clock_gettime,
    __NR_clock_getres,
    __NR_gettimeofday,
    /* identity of the process and the machine; random numbers */
    __NR_getpid,
    __NR_gettid,
    __NR_getuid,
    __NR_geteuid,
    __NR_getgid,
    __NR_getegid,
    __NR_uname,
    __NR_sysinfo,
    __NR_getrandom,
#ifdef __x86_64__
    __NR_poll,
    __NR_select,
    __NR_stat,
    __NR_lstat,
    __NR_access,
    __NR_readlink,
    __NR_time,
#endif
};

/* Calls allowed when (argument & mask) == value. A call may have several conditions; one that holds
 * is enough. */
static const struct condition {
    uint32_t call;
    uint32_t argument;
    uint32_t mask;
    uint32_t value;
} conditions[] = {
    /* open for reading only and create nothing, also on a kernel without Landlock */
    {__NR_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
#ifdef __x86_64__
    {__NR_open, 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
#endif
    /* Threads, never processes. clone3 is on no list, since a filter cannot see its flags, which
     * are in memory: it fails, and the C library falls back to clone. */
    {__NR_clone, 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM},
    /* No local sockets: the helper does without the name services that are reached through one
     * (nscd, systemd-resolved, avahi). Only pairs of stream sockets: those of datagrams could be
     * connected to another address. */
    {__NR_socket, 0, ~0U, AF_INET},
    {__NR_socket, 0, ~0U, AF_INET6},
    {__NR_socket, 0, ~0U, AF_NETLINK}, /* getaddrinfo(3) sorts by the machine's own addresses */
    {__NR_socketpair, 1, ~0U ^ (uint32_t)(SOCK_CLOEXEC | SOCK_NONBLOCK), SOCK_STREAM},
    /* F_SETOWN is left out: it could send any signal to another process */
    {__NR_fcntl, 1, ~0U, F_GETFD},
    {__NR_fcntl, 1, ~0U, F_SETFD},
    {__NR_fcntl, 1, ~0U, F_GETFL},
    {__NR_fcntl, 1, ~0U, F_SETFL},
    {__NR_fcntl, 1, ~0U, F_DUPFD_CLOEXEC},
    {__NR_ioctl, 1, ~0U, FIONBIO},
    {__NR_ioctl, 1, ~0U, FIONREAD},
};

static const uint32_t deadly[] = {
    __NR_execve, __NR_execveat, __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev,
};

enum {
    COUNT_ALWAYS = sizeof always / sizeof always[0],
    COUNT_CONDITIONS = sizeof conditions / sizeof conditions[0],
    COUNT_DEADLY = sizeof deadly / sizeof deadly[0]
};
enum { PROGRAM_MAX = 16 + 2 * COUNT_ALWAYS + 2 * COUNT_DEADLY + 6 * (COUNT_CONDITIONS + 1) };

struct program {
    struct sock_filter lines[PROGRAM_MAX];
    unsigned short length;
};

static void add(struct program *program, struct sock_filter line) {
    program->lines[program->length++] = line;
}

static void add_load(struct program *program, size_t offset) {
    add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void add_return(struct program *program, uint32_t action) {
    add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Skips the next `count` lines unless the loaded word is `value`. */
static void add_unless(struct program *program, uint32_t value, uint8_t count) {
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count));
}

static void add_calls(struct program *program, const uint32_t *calls, size_t count,
                      uint32_t action) {
    for (size_t i = 0; i < count; i++) {
        add_unless(program, calls[i], 1);
        add_return(program, action);
    }
}

/* Compares only the lower half of an argument, as the kernel itself does in all of these calls. */
static void add_condition(struct program *program, const struct condition *condition) {
    size_t low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : sizeof(uint32_t);

    add_load(program, offsetof(struct seccomp_data, nr));
    add_unless(program, condition->call, 4);
    add_load(program,
             offsetof(struct seccomp_data, args[0]) + condition->argument * sizeof(uint64_t) + low);
    add(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, condition->mask));
    add_unless(program, condition->value, 1);
    add_return(program, SECCOMP_RET_ALLOW);
}

static void build(struct program *program) {
    /* abort(3) and others like it signal their own process. */
    const struct condition to_itself = {__NR_tgkill, 0, ~0U, (uint32_t)getpid()};

    add_load(program, offsetof(struct seccomp_data, arch));
    add_unless(program, MACHINE, 1);
    add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0));
    add_return(program, SECCOMP_RET_KILL_PROCESS);

    add_load(program, offsetof(struct seccomp_data, nr));
    add_calls(program, always, COUNT_ALWAYS, SECCOMP_RET_ALLOW);
    add_calls(program, deadly, COUNT_DEADLY, SECCOMP_RET_KILL_PROCESS);
    for (size_t i = 0; i < COUNT_CONDITIONS; i++)
        add_condition(program, &conditions[i]);
    add_condition(program, &to_itself);
    add_return(program, SECCOMP_RET_ERRNO | ENOSYS);
}

int sandbox_calls_restrict(void) {
    struct program program = {.length = 0};
    build(&program);
    struct sock_fprog filter = {.len = program.length, .filter = program.lines};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0)
        return 1;
    return errno == EINVAL || errno == ENOSYS ? 0 : -errno;
}

#else

int sandbox_calls_restrict(void) {
    return 0;
}

#endif
