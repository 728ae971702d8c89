/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.c - Landlock, by its system calls: glibc has no wrappers, and the header of the
 * machine that builds may be older than the kernel of the machine that runs.
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
    LANDLOCK_READ_DIR = 1 << 3,   /* likewise */
    LANDLOCK_BIND_TCP = 1 << 0,   /* of `network` */
    LANDLOCK_SCOPED_ALL = 3 << 0, /* of `scoped`: abstract unix sockets, signals */
};

/* What the kernel calls struct landlock_ruleset_attr; zeros at its end are what an older one takes
 * them for. */
struct ruleset {
    uint64_t files;   /* what is forbidden unless a rule allows it */
    uint64_t network; /* the same */
    uint64_t scoped;  /* what is forbidden */
};

struct path_rule {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed));

/* What is known to each ABI, and to those above it. */
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

/* A directory stands for all below it; a link for what it leads to. Nothing here is secret, and
 * nothing may be executed, which is about execve(2): a library may still be loaded. What is missing
 * is none of this machine's. */
static const char *const readable[] = {
    /* libraries that are loaded when they are needed, of name services and of OpenSSL;
     * certificates; time zones; what distributions ship in place of files in /etc */
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
    /* clocks, chance and the number of processors */
    "/etc/localtime",
    "/proc/sys/kernel/random/boot_id",
    "/dev/urandom",
    "/sys/devices/system/cpu/online",
};

/* Opening is what a rule allows by, not reading: O_PATH asks for no right but that to pass. */
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
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_PATH_BENEATH, &rule, 0) < 0 ? -errno
                                                                                        : 0;
}

int sandbox_files_restrict(const char *ca_file) {
    struct ruleset forbidden = {0};
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION);
    if (abi < 0) /* EPERM: of a container that forbids what it does not know */
        return errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ? 0 : -errno;
    for (size_t i = 0; i < sizeof known / sizeof known[0] && known[i].abi <= abi; i++) {
        forbidden.files |= known[i].adds.files;
        forbidden.network |= known[i].adds.network;
        forbidden.scoped |= known[i].adds.scoped;
    }
    SCOPED_FD int ruleset =
        (int) syscall(SYS_landlock_create_ruleset, &forbidden, sizeof forbidden, 0);
    if (ruleset < 0)
        return -errno;
    int r = ca_file[0] != '\0' ? allow_reading(ruleset, ca_file) : 0;
    for (size_t i = 0; r >= 0 && i < sizeof readable / sizeof readable[0]; i++)
        r = allow_reading(ruleset, readable[i]);
    if (r < 0)
        return r;
    return syscall(SYS_landlock_restrict_self, ruleset, 0) < 0 ? -errno : (int) abi;
}
