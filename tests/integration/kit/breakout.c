/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * breakout.c - turns the helper into one that an attacker has taken over. Linked into the helper
 * with -Wl,--wrap=http_perform, it carries out the attack that the address of a request names,
 * https://breakout/ATTACK/ARGUMENT, instead of the request. The outcome is the reply's reason.
 *
 * With -Wl,--wrap=sandbox_files_restrict or sandbox_calls_restrict it also stands for the helper on
 * a kernel that lacks Landlock or seccomp.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "http.h"
#include "sandbox.h"

int __wrap_http_perform(const struct http_settings *settings, const struct http_request *request,
                        struct http_patience *patience, struct http_response *ret);
int __wrap_sandbox_files_restrict(const char *ca_file);
int __wrap_sandbox_calls_restrict(void);

int __wrap_sandbox_files_restrict(const char *ca_file) {
    (void)ca_file;
    return 0;
}

int __wrap_sandbox_calls_restrict(void) {
    return 0;
}

/* Each attack returns -1 with errno when it failed. `text` is the argument with a leading slash,
 * `number` is the number after that slash. */

static long read_file(const char *text, int number) {
    char byte;
    (void)number;
    int fd = open(text, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -1 : read(fd, &byte, 1);
}

static long list(const char *text, int number) {
    char names[4096];
    (void)number;
    int fd = open(text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -1 : syscall(SYS_getdents64, fd, names, sizeof names);
}

static long write_file(const char *text, int number) {
    (void)number;
    int fd = open(text, O_WRONLY | O_CLOEXEC);
    return fd < 0 ? -1 : write(fd, "loot", 4);
}

static long create(const char *text, int number) {
    (void)number;
    return open(text, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
}

static long unlink_file(const char *text, int number) {
    (void)number;
    return unlink(text);
}

static long rename_file(const char *text, int number) {
    char to[512];
    (void)number;
    snprintf(to, sizeof to, "%s.loot", text);
    return rename(text, to);
}

static long link_file(const char *text, int number) {
    char to[512];
    (void)number;
    snprintf(to, sizeof to, "%s.loot", text);
    return link(text, to);
}

static long link_symbolically(const char *text, int number) {
    (void)number;
    return symlink("/", text);
}

static long make_directory(const char *text, int number) {
    (void)number;
    return mkdir(text, 0700);
}

static long truncate_file(const char *text, int number) {
    (void)number;
    return truncate(text, 0);
}

static long change_mode(const char *text, int number) {
    (void)number;
    return chmod(text, 0644);
}

static long kill_by_pid(const char *text, int number) {
    (void)text;
    return kill(number, SIGUSR1);
}

static long kill_by_thread(const char *text, int number) {
    (void)text;
    return syscall(SYS_tgkill, number, number, SIGUSR1);
}

static long kill_by_descriptor(const char *text, int number) {
    (void)text;
    int fd = (int)syscall(SYS_pidfd_open, number, 0);
    return fd < 0 ? -1 : syscall(SYS_pidfd_send_signal, fd, SIGUSR1, NULL, 0);
}

/* The kernel signals the owner of a descriptor when it becomes readable. */
static long kill_by_owning(const char *text, int number) {
    int ends[2];
    (void)text;
    if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[0], F_SETOWN, number) < 0 ||
        fcntl(ends[0], F_SETSIG, SIGUSR1) < 0 || fcntl(ends[0], F_SETFL, O_ASYNC) < 0)
        return -1;
    return write(ends[1], "x", 1);
}

static long trace(const char *text, int number) {
    (void)text;
    return ptrace(PTRACE_SEIZE, number, NULL, NULL);
}

/* /PID/ADDRESS */
static long read_memory(const char *text, int number) {
    char byte;
    struct iovec here = {&byte, 1};
    struct iovec there = {(void *)strtoul(strrchr(text, '/') + 1, NULL, 16), 1};
    return process_vm_readv(number, &here, 1, &there, 1, 0);
}

static long execute(const char *text, int number) {
    (void)number;
    return execl("/bin/touch", "touch", text, (char *)NULL);
}

static long start_process(const char *text, int number) {
    (void)text;
    (void)number;
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return child;
}

static long open_socket(const char *text, int number) {
    (void)text;
    return socket(number, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static long connect_local(const char *text, int number) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)number;
    snprintf(address.sun_path, sizeof address.sun_path, "%s", text);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&address, sizeof address);
}

static long connect_pair(const char *text, int number) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int pair[2];
    snprintf(address.sun_path, sizeof address.sun_path, "%s", text);
    (void)number;
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -1;
    return connect(pair[0], (struct sockaddr *)&address, sizeof address);
}

static long bind_port(const char *text, int number) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number)};
    (void)text;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -1 : bind(fd, (struct sockaddr *)&address, sizeof address);
}

static long listen_anywhere(const char *text, int number) {
    (void)text;
    (void)number;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? -1 : listen(fd, 1);
}

static long plant_key(const char *text, int number) {
    (void)text;
    (void)number;
    return syscall(SYS_add_key, "user", "loot", "x", 1, -3); /* KEY_SPEC_SESSION_KEYRING */
}

static long search_keys(const char *text, int number) {
    (void)text;
    (void)number;
    return syscall(SYS_keyctl, 0, -3, 0); /* KEYCTL_GET_KEYRING_ID */
}

static long mount_file_system(const char *text, int number) {
    (void)number;
    return mount("loot", text, "tmpfs", 0, NULL);
}

static long unshare_users(const char *text, int number) {
    (void)text;
    (void)number;
    return unshare(CLONE_NEWUSER);
}

static long load_program(const char *text, int number) {
    union bpf_attr map = {
        .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
    (void)text;
    (void)number;
    return syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map);
}

static long open_ring(const char *text, int number) {
    struct io_uring_params params = {.flags = 0};
    (void)text;
    (void)number;
    return syscall(SYS_io_uring_setup, 1, &params);
}

static long watch_faults(const char *text, int number) {
    (void)text;
    (void)number;
    return syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
}

static long set_limit(const char *text, int number) {
    struct rlimit limit;
    (void)text;
    (void)number;
    return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? -1 : setrlimit(RLIMIT_NOFILE, &limit);
}

static long become_dumpable(const char *text, int number) {
    (void)text;
    (void)number;
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long change_personality(const char *text, int number) {
    (void)text;
    (void)number;
    return personality(ADDR_NO_RANDOMIZE);
}

static long make_memory_file(const char *text, int number) {
    (void)text;
    (void)number;
    return memfd_create("loot", MFD_CLOEXEC);
}

static long fill_memory(const char *text, int number) {
    (void)text;
    for (int mebibytes = 0; mebibytes < number; mebibytes++) {
        void *block = malloc(1 << 20);
        if (!block)
            return -1;
        memset(block, 1, 1 << 20);
    }
    return 0;
}

static const struct {
    const char *name;
    long (*run)(const char *text, int number);
} attacks[] = {
    {"read", read_file},
    {"list", list},
    {"write", write_file},
    {"create", create},
    {"unlink", unlink_file},
    {"rename", rename_file},
    {"link", link_file},
    {"symlink", link_symbolically},
    {"mkdir", make_directory},
    {"truncate", truncate_file},
    {"chmod", change_mode},
    {"kill", kill_by_pid},
    {"tgkill", kill_by_thread},
    {"pidfd", kill_by_descriptor},
    {"setown", kill_by_owning},
    {"ptrace", trace},
    {"process_vm_readv", read_memory},
    {"exec", execute},
    {"fork", start_process},
    {"socket", open_socket},
    {"connect", connect_local},
    {"socketpair", connect_pair},
    {"bind", bind_port},
    {"listen", listen_anywhere},
    {"add_key", plant_key},
    {"keyctl", search_keys},
    {"mount", mount_file_system},
    {"unshare", unshare_users},
    {"bpf", load_program},
    {"io_uring", open_ring},
    {"userfaultfd", watch_faults},
    {"setrlimit", set_limit},
    {"prctl", become_dumpable},
    {"personality", change_personality},
    {"memfd", make_memory_file},
    {"memory", fill_memory},
};

int __wrap_http_perform(const struct http_settings *settings, const struct http_request *request,
                        struct http_patience *patience, struct http_response *ret) {
    static const char prefix[] = "https://breakout/";
    (void)settings;
    (void)patience;
    ret->outcome = HTTP_NOT_SENT;
    if (strcmp(request->url, "https://breakout/describe") == 0) {
        bool whole = sandbox_describe(&ret->reason);
        strcat(ret->reason.text, whole ? " (whole)" : " (not whole)");
        return 0;
    }
    reason_set(&ret->reason, 0, "no such attack");
    if (strncmp(request->url, prefix, strlen(prefix)) != 0)
        return 0;
    const char *name = request->url + strlen(prefix);
    const char *text = strchr(name, '/');
    for (size_t i = 0; text && i < sizeof attacks / sizeof attacks[0]; i++)
        if (strncmp(attacks[i].name, name, (size_t)(text - name)) == 0 &&
            attacks[i].name[text - name] == '\0')
            reason_set(&ret->reason, 0, "%s",
                       attacks[i].run(text, atoi(text + 1)) < 0 ? strerrorname_np(errno)
                                                                : "came through");
    return 0;
}
