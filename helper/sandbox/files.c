/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.c - Landlock through raw system calls: glibc has no wrappers, and the header of the build
 * machine may be older than the kernel that the helper runs on.
 */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scoped.h"

enum {
    LANDLOCK_VERSION = 1 << 0,    /* flag of landlock_create_ruleset */
    LANDLOCK_PATH_BENEATH = 1,    /* kind of landlock_add_rule */
    LANDLOCK_READ_FILE = 1 << 2,  /* of struct ruleset's `files` */
    LANDLOCK_READ_DIR = 1 << 3,   /* of `files` */
    LANDLOCK_BIND_TCP = 1 << 0,   /* of `network` */
    LANDLOCK_SCOPED_ALL = 3 << 0, /* of `scoped`: abstract unix sockets, signals */
};

/* The kernel's struct landlock_ruleset_attr. A kernel that knows fewer members accepts the rest as
 * long as they are zero. */
struct ruleset {
    uint64_t files;   /* rights forbidden unless a rule grants them */
    uint64_t network; /* likewise */
    uint64_t scoped;  /* forbidden without exception */
};

struct path_rule {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed));

/* Rights that each ABI added to those before it. */
static const struct {
    int abi;
    struct ruleset adds;
} known[] = {
    {1, {.files = 0x1fff}},  /* execute, write, read, list, remove, make */
    {2, {.files = 1 << 13}}, /* rename and link across directories */
    {3, {.files = 1 << 14}}, /* truncate */
    {4, {.network = LANDLOCK_BIND_TCP}},
    {5, {.files = 1 << 15}}, /* ioctl of devices */
    {6, {.scoped = LANDLOCK_SCOPED_ALL}},
};

/* Paths that may be read. A directory includes everything below it; a symbolic link means its
 * target; a path that this machine does not have is skipped. Nothing here is secret. Nothing may be
 * executed, which concerns execve(2) only: a library may still be loaded. */
static const char *const readable[] = {
    /* libraries of name services and of OpenSSL, loaded on demand; certificates; time zones; files
     * that a distribution ships here instead of in /etc */
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    /* the trust store, and OpenSSL's configuration */
    "/etc/ssl",
    "/etc/ca-certificates",
    "/etc/pki/tls",
    "/etc/pki/ca-trust",
    "/etc/crypto-policies",
    /* names of hosts */
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/run/systemd/resolve",
    /* time zone, boot id, random numbers, number of processors */
    "/etc/localtime",
    "/proc/sys/kernel/random/boot_id",
    "/dev/urandom",
    "/sys/devices/system/cpu/online",
};

/* A rule needs an open descriptor, but not the right to read it: for O_PATH, search permission on
 * the directories above is enough. */
static int allow_reading(int ruleset, const char *path) {
    SCOPED_FD int fd = open(path, O_PATH | O_CLOEXEC);
    struct stat status;

    if (fd < 0)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : 0;
    if (fstat(fd, &status) < 0)
        return -errno;

    struct path_rule rule = {.allowed = LANDLOCK_READ_FILE, .fd = fd};
    if (S_ISDIR(status.st_mode))
        rule.allowed |= LANDLOCK_READ_DIR;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0) < 0)
        return -errno;
    return 0;
}

int sandbox_files_restrict(const char *ca_file) {
    struct ruleset forbidden = {0};
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
    if (abi < 0) /* EPERM: a container that forbids system calls it does not know */
        return errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ? 0 : -errno;

    for (size_t i = 0; i < sizeof known / sizeof known[0] && known[i].abi <= abi; i++) {
        forbidden.files |= known[i].adds.files;
        forbidden.network |= known[i].adds.network;
        forbidden.scoped |= known[i].adds.scoped;
    }

    SCOPED_FD int ruleset =
        (int)syscall(SYS_landlock_create_ruleset, &forbidden, sizeof forbidden, 0);
    if (ruleset < 0)
        return -errno;

    int r = ca_file[0] != '\0' ? allow_reading(ruleset, ca_file) : 0;
    for (size_t i = 0; r >= 0 && i < sizeof readable / sizeof readable[0]; i++)
        r = allow_reading(ruleset, readable[i]);
    if (r < 0)
        return r;
    return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : (int)abi;
}
