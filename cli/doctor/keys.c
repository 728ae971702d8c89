/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keys.c - checks whether the kernel has room for the tokens of sessions.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/keyctl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parts.h"

/* Room for another hundred sessions with large tokens. */
enum { KEYS_LEFT = 200, BYTES_LEFT = 400000 };

static bool kernel_has_keys(void) {
    return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) >= 0 ||
           (errno != ENOSYS && errno != EPERM && errno != EACCES);
}

/* Root's quota of keys: what is used, and the limits. */
struct quota {
    uint64_t keys, keys_most, bytes, bytes_most;
};

/* Reads root's line of /proc/key-users: proc_key_users(5). */
static bool read_quota(struct quota *ret) {
    char line[256];
    FILE *file = fopen("/proc/key-users", "re");
    bool found = false;

    while (file && !found && fgets(line, sizeof line, file))
        found = sscanf(line, " 0: %*u %*u/%*u %" SCNu64 "/%" SCNu64 " %" SCNu64 "/%" SCNu64,
                       &ret->keys, &ret->keys_most, &ret->bytes, &ret->bytes_most) == 4;
    if (file)
        fclose(file);
    return found;
}

void doctor_look_at_keys(struct findings *findings) {
    struct quota quota;

    if (!kernel_has_keys()) {
        findings_problem(findings, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                         "sessions get no token, and are refused where the module has the option "
                         "keyring_required",
                         "allow keyctl and add_key, in the kernel or in the container's seccomp "
                         "profile; or write keyring=none in pam.d",
                         "keyring: this kernel or this container has no keys");
        return;
    }
    if (!read_quota(&quota)) {
        findings_good(findings, "keyring: the kernel has keys");
        return;
    }

    if (quota.keys + KEYS_LEFT > quota.keys_most || quota.bytes + BYTES_LEFT > quota.bytes_most)
        findings_problem(findings, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                         "the sessions' tokens count against root's quota; when it is used up, "
                         "sessions get none",
                         "sysctl kernel.keys.root_maxbytes=25000000 "
                         "kernel.keys.root_maxkeys=1000000",
                         "keyring: root has used %" PRIu64 " of %" PRIu64 " keys, %" PRIu64
                         " of %" PRIu64 " bytes",
                         quota.keys, quota.keys_most, quota.bytes, quota.bytes_most);
    else
        findings_good(findings,
                      "keyring: the kernel has keys; root has used %" PRIu64 " of %" PRIu64
                      " bytes",
                      quota.bytes, quota.bytes_most);
}
