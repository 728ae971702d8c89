/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * registers.h - replaces a traced system call by another one, and its result: the parts that depend
 * on the machine.
 */
#ifndef OAUTH_LOGIN_TESTS_TORTURE_REGISTERS_H
#define OAUTH_LOGIN_TESTS_TORTURE_REGISTERS_H

#include <elf.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>

/* These return -1 with errno when the thread has ended meanwhile. */
static inline long registers_read(pid_t id, struct user_regs_struct *ret) {
    struct iovec all = {ret, sizeof *ret};
    return ptrace(PTRACE_GETREGSET, id, NT_PRSTATUS, &all);
}

static inline long registers_write(pid_t id, struct user_regs_struct *registers) {
    struct iovec all = {registers, sizeof *registers};
    return ptrace(PTRACE_SETREGSET, id, NT_PRSTATUS, &all);
}

/* registers_redirect replaces the number and the first argument of a call that is being entered; it
 * returns -1 with errno on failure. registers_undo restores the registers that it has changed, once
 * the call returns. registers_return sets the result of the call. */
#if defined(__x86_64__)

static inline long registers_redirect(pid_t id, struct user_regs_struct *registers, long number,
                                      uint64_t first) {
    registers->orig_rax = (unsigned long)number;
    registers->rdi = first;
    return registers_write(id, registers);
}

static inline void registers_undo(struct user_regs_struct *registers,
                                  const struct user_regs_struct *before) {
    registers->rdi = before->rdi;
}

static inline void registers_return(struct user_regs_struct *registers, long result) {
    registers->rax = (unsigned long)result;
}

#elif defined(__aarch64__)

static inline long registers_redirect(pid_t id, struct user_regs_struct *registers, long number,
                                      uint64_t first) {
    int call = (int)number; /* the kernel has read x8 already */
    struct iovec whole = {&call, sizeof call};
    registers->regs[0] = first;
    if (ptrace(PTRACE_SETREGSET, id, NT_ARM_SYSTEM_CALL, &whole) < 0)
        return -1;
    return registers_write(id, registers);
}

/* x0 is the first argument and the result. */
static inline void registers_undo(struct user_regs_struct *registers,
                                  const struct user_regs_struct *before) {
    (void)registers;
    (void)before;
}

static inline void registers_return(struct user_regs_struct *registers, long result) {
    registers->regs[0] = (unsigned long)result;
}

#else
#error "the tracer knows the registers of x86-64 and AArch64 only"
#endif

#endif
