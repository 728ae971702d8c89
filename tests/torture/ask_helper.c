/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ask_helper.c - sends a helper one request and prints its reply; under a tracer, also prints every
 * system call of the helper, and can kill the helper at one of them or make that call fail:
 *
 *     ask_helper [-t] [-k CALL | -e CALL:ERRNO] UID GID OPERATION USER   (numbers, but for USER)
 *     ask_helper -n COUNT UID GID OPERATION USER                         one helper after another
 *
 * CALL is NUMBER:NTH, the nth call of that number from 1, counted over all threads in the order of
 * entry: the number of waits for the network varies, and must not renumber other calls. -k kills
 * the helper when it enters that call, which then is not carried out; to kill it after a call, kill
 * it before the next. -e makes the call fail without being carried out. The input of an import is
 * read from standard input. Prints these lines, separated by tabs:
 *
 *     call   INDEX NUMBER FD OBJECT BYTE RESULT   OBJECT: the path, inet:PORT, or the file of FD;
 *                                                 BYTE: the first that is sent; RESULT: ? if the
 *                                                 call did not return
 *     entry  ENROLLED LAST_VERDICT STATE
 *     reply  VERDICT SOURCE ROTATED REASON        missing when the helper sent none
 *     end    STATUS PEAK_KIB                      STATUS: that of wait(2)
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol.h"
#include "registers.h"

enum {
    THREADS_MAX = 64,
    CALLS_MAX = 1024,
    OBJECT_SIZE = 512,
    PATIENCE = 100 /* seconds; a helper lives for 40 */
};

static const char helper[] = "/usr/libexec/oauth-login-helper";

struct thread {
    pid_t id;
    long index; /* of the call that it is in; 0: none */
    long number;
    long fd;
    int byte;
    char object[OBJECT_SIZE];
    bool fails;
    struct user_regs_struct before; /* registers at the entry of a call that is made to fail */
};

struct tracer {
    pid_t helper;
    bool prints;
    long number, nth; /* the call to interfere with; nth 0: none */
    int error;        /* the errno with which the call fails; 0: the helper is killed */
    long calls, counts[CALLS_MAX];
    struct thread threads[THREADS_MAX];
};

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "ask_helper: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* Request and reply */

static void send_request(int fd, unsigned operation, const char *user) {
    static uint8_t frame[PROTOCOL_HEADER_SIZE + PROTOCOL_FRAME_MAX];
    static char input[PROTOCOL_TOKEN_MAX + 1];
    struct protocol_writer writer = {.at = frame, .end = frame + sizeof frame};
    ssize_t got = operation == OPERATION_IMPORT ? read(STDIN_FILENO, input, sizeof input - 1) : 0;
    input[got > 0 ? got : 0] = '\0';
    protocol_put_u32(&writer, 0);
    protocol_put_u8(&writer, PROTOCOL_VERSION);
    protocol_put_u8(&writer, PROTOCOL_REQUEST);
    protocol_put_u8(&writer, (uint8_t)operation);
    protocol_put_string(&writer, user);
    protocol_put_string(&writer, "torture");
    for (int i = 0; i < 3; i++)
        protocol_put_u32(&writer, PROTOCOL_UNSET);
    protocol_put_string(&writer, input);
    size_t size = (size_t)(writer.at - frame);
    writer.at = frame;
    protocol_put_u32(&writer, (uint32_t)size - PROTOCOL_HEADER_SIZE);
    if (write(fd, frame, size) != (ssize_t)size)
        fail("cannot send the request");
}

static void print_reply(struct protocol_reader *reader) {
    char provider[PROTOCOL_NAME_MAX + 1], reason[PROTOCOL_TEXT_MAX + 1];
    unsigned verdict = protocol_get_u8(reader), source = protocol_get_u8(reader);
    unsigned rotated = protocol_get_u8(reader);
    protocol_get_text(reader, provider, sizeof provider);
    protocol_get_text(reader, reason, sizeof reason);
    printf("reply\t%s\t%s\t%u\t%s\n", verdict_name(verdict), source_name(source), rotated, reason);
}

static void print_entry(struct protocol_reader *reader) {
    char text[1024];
    protocol_get_text(reader, text, sizeof text);
    protocol_get_u32(reader);
    protocol_get_text(reader, text, sizeof text);
    protocol_get_text(reader, text, sizeof text);
    uint64_t enrolled = protocol_get_u64(reader);
    protocol_get_u64(reader);
    protocol_get_u64(reader);
    unsigned verdict = protocol_get_u8(reader);
    printf("entry\t%llu\t%s\t%u\n", (unsigned long long)enrolled, verdict_name(verdict),
           protocol_get_u8(reader));
}

/* Prints all frames up to the end of the stream, or up to one that is cut short. */
static void print_frames(int fd) {
    static uint8_t frame[PROTOCOL_FRAME_MAX];
    for (;;) {
        if (recv(fd, frame, PROTOCOL_HEADER_SIZE, MSG_WAITALL) != PROTOCOL_HEADER_SIZE)
            return;
        struct protocol_reader reader = {.at = frame, .end = frame + PROTOCOL_HEADER_SIZE};
        size_t size = protocol_get_u32(&reader);
        if (size < 2 || size > sizeof frame || recv(fd, frame, size, MSG_WAITALL) != (ssize_t)size)
            return;
        reader = (struct protocol_reader){.at = frame + 2, .end = frame + size};
        if (frame[1] == PROTOCOL_ENTRY)
            print_entry(&reader);
        if (frame[1] == PROTOCOL_REPLY)
            print_reply(&reader);
    }
}

/* Starting */

static _Noreturn void run_helper(char **ids, int socket, int go) {
    char byte;
    gid_t gid = (gid_t)atoi(ids[1]);
    uid_t uid = (uid_t)atoi(ids[0]);
    char *argv[] = {(char *)helper, NULL}, *environment[] = {NULL};
    if (dup2(socket, STDIN_FILENO) < 0 || setgroups(0, NULL) < 0 || setgid(gid) < 0 ||
        setuid(uid) < 0 || read(go, &byte, 1) < 0)
        _exit(126);
    execve(helper, argv, environment);
    _exit(127);
}

/* Starts a helper that has a request to read; it waits until `*ret_go` is closed. */
static pid_t start(char **argv, int *ret_socket, int *ret_go) {
    int pair[2], go[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || pipe2(go, O_CLOEXEC) < 0)
        fail("cannot make a socket");
    pid_t child = fork();
    if (child < 0)
        fail("cannot fork");
    if (child == 0) {
        close(go[1]);
        run_helper(argv, pair[1], go[0]);
    }
    close(pair[1]);
    close(go[0]);
    send_request(pair[0], (unsigned)atoi(argv[2]), argv[3]);
    *ret_socket = pair[0];
    *ret_go = go[1];
    return child;
}

/* Tracing */

static struct thread *find_thread(struct tracer *tracer, pid_t id) {
    for (int i = 0; i < THREADS_MAX; i++) {
        struct thread *thread = &tracer->threads[i];
        if (thread->id == id)
            return thread;
        if (thread->id == 0) {
            thread->id = id;
            return thread;
        }
    }
    fail("too many threads");
}

static size_t peek(pid_t id, uint64_t address, void *into, size_t size) {
    struct iovec here = {into, size}, there = {(void *)address, size};
    ssize_t got = process_vm_readv(id, &here, 1, &there, 1, 0);
    return got > 0 ? (size_t)got : 0;
}

static void describe_descriptor(struct thread *thread) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%ld", thread->id, thread->fd);
    ssize_t size = readlink(path, thread->object, OBJECT_SIZE - 1);
    thread->object[size > 0 ? size : 0] = '\0';
}

/* Reads a path up to the end of its page: the next page may not be readable. */
static void describe_path(struct thread *thread, uint64_t address) {
    size_t until_page = 4096 - address % 4096;
    size_t size = until_page < OBJECT_SIZE - 1 ? until_page : OBJECT_SIZE - 1;
    thread->object[peek(thread->id, address, thread->object, size)] = '\0';
    for (char *at = thread->object; *at != '\0'; at++)
        *at = isgraph((unsigned char)*at) ? *at : '?';
}

static void describe(struct thread *thread, const uint64_t args[6]) {
    struct sockaddr_in address = {0};
    uint8_t byte = 0;
    thread->fd = (long)(int)args[0];
    thread->object[0] = '\0';
    thread->byte = -1;
    switch (thread->number) {
    case SYS_openat:
    case SYS_mkdirat:
    case SYS_unlinkat:
        describe_path(thread, args[1]);
        break;
    case SYS_renameat:
    case SYS_renameat2:
        describe_path(thread, args[3]);
        break;
    case SYS_connect:
        peek(thread->id, args[1], &address, sizeof address);
        if (address.sin_family == AF_INET)
            snprintf(thread->object, OBJECT_SIZE, "inet:%u", ntohs(address.sin_port));
        break;
    case SYS_sendto:
    case SYS_write:
        if (peek(thread->id, args[1], &byte, 1) == 1)
            thread->byte = byte;
        describe_descriptor(thread);
        break;
    case SYS_read:
    case SYS_recvfrom:
    case SYS_pread64:
    case SYS_pwrite64:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_flock:
        describe_descriptor(thread);
        break;
    default:
        break;
    }
}

static void print_call(const struct tracer *tracer, struct thread *thread, const char *result) {
    if (tracer->prints && thread->index > 0)
        printf("call\t%ld\t%ld\t%ld\t%s\t%d\t%s\n", thread->index, thread->number, thread->fd,
               thread->object, thread->byte, result);
    thread->index = 0;
}

/* Replaces this call by a read from no descriptor, which does nothing and which no filter forbids.
 * brk(2) stays, with an argument that changes nothing: it reports a failure by returning the
 * unchanged end of memory. */
static void suppress(struct thread *thread) {
    if (registers_read(thread->id, &thread->before) < 0)
        fail("cannot read registers");
    struct user_regs_struct changed = thread->before;
    bool is_brk = thread->number == SYS_brk;
    if (registers_redirect(thread->id, &changed, is_brk ? SYS_brk : SYS_read,
                           is_brk ? 0 : UINT64_MAX) < 0)
        fail("cannot write registers");
}

/* Returns the result that the helper will see. It is read back, because no test would notice a call
 * that was not made to fail. */
static long long make_fail(const struct tracer *tracer, struct thread *thread) {
    struct __ptrace_syscall_info seen = {0};
    struct user_regs_struct now;
    if (registers_read(thread->id, &now) < 0)
        return -tracer->error; /* ended meanwhile */
    registers_undo(&now, &thread->before);
    if (thread->number != SYS_brk)
        registers_return(&now, -(long)tracer->error);
    if (registers_write(thread->id, &now) < 0 || thread->number == SYS_brk)
        return -tracer->error;
    ptrace(PTRACE_GET_SYSCALL_INFO, thread->id, sizeof seen, &seen);
    return seen.exit.rval;
}

static void enter_call(struct tracer *tracer, struct thread *thread,
                       const struct __ptrace_syscall_info *info) {
    thread->index = ++tracer->calls;
    thread->number = (long)info->entry.nr;
    describe(thread, info->entry.args);
    if (thread->number < 0 || thread->number >= CALLS_MAX)
        return;
    long nth = ++tracer->counts[thread->number];
    if (thread->number != tracer->number || nth != tracer->nth)
        return;
    thread->fails = tracer->error != 0;
    if (thread->fails)
        suppress(thread);
    else
        kill(tracer->helper, SIGKILL);
}

static void leave_call(struct tracer *tracer, struct thread *thread, int64_t result) {
    char text[32];
    bool failed = thread->fails;
    thread->fails = false;
    snprintf(text, sizeof text, "%lld", failed ? make_fail(tracer, thread) : (long long)result);
    print_call(tracer, thread, text);
}

/* Handles one stop of one thread; returns the signal with which the thread must continue. */
static int take_stop(struct tracer *tracer, struct thread *thread, int status) {
    struct __ptrace_syscall_info info = {0};
    int number = WSTOPSIG(status);
    if (number != (SIGTRAP | 0x80))
        return status >> 16 != 0 ? 0 : number;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread->id, sizeof info, &info) <= 0)
        return 0;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        enter_call(tracer, thread, &info);
    else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
        leave_call(tracer, thread, info.exit.rval);
    return 0;
}

/* Traces the helper to its end; returns its status. Calls are counted after its execve. */
static int trace(struct tracer *tracer, int go, struct rusage *ret_usage) {
    long options =
        PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    int status = 0;
    if (ptrace(PTRACE_SEIZE, tracer->helper, NULL, options) < 0)
        fail("cannot trace");
    close(go);
    for (;;) {
        pid_t id = wait4(-1, &status, __WALL, ret_usage);
        if (id < 0)
            fail("cannot wait");
        struct thread *thread = find_thread(tracer, id);
        if (WIFSTOPPED(status)) {
            long number = take_stop(tracer, thread, status);
            ptrace(PTRACE_SYSCALL, id, NULL, number);
            continue;
        }
        print_call(tracer, thread, "?");
        if (id == tracer->helper)
            return status;
    }
}

static int ask_once(struct tracer *tracer, char **argv) {
    int socket = -1, go = -1, status = 0;
    struct rusage usage = {0};
    tracer->helper = start(argv, &socket, &go);
    if (tracer->prints || tracer->nth > 0) {
        status = trace(tracer, go, &usage);
    } else {
        close(go);
        if (wait4(tracer->helper, &status, 0, &usage) < 0)
            fail("cannot wait");
    }
    print_frames(socket);
    close(socket);
    printf("end\t%d\t%ld\n", status, usage.ru_maxrss);
    return status;
}

int main(int argc, char **argv) {
    struct tracer tracer = {.error = 0};
    long count = 1;
    for (int option; (option = getopt(argc, argv, "tk:e:n:")) != -1;) {
        if (option == 't')
            tracer.prints = true;
        else if (option == 'n')
            count = atol(optarg);
        else if (sscanf(optarg, "%ld:%ld:%d", &tracer.number, &tracer.nth, &tracer.error) !=
                 (option == 'k' ? 2 : 3))
            return 2;
    }
    if (argc - optind != 4)
        return 2;
    for (long i = 0; i < count; i++) {
        alarm(PATIENCE);
        ask_once(&tracer, argv + optind);
    }
    return 0;
}
