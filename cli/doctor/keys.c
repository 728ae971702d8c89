/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keys.c - whether the kernel can hold the sessions' tokens, and how many more.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parts.h"

/* Below this, another hundred sessions with large tokens do not fit. */
enum { KEYS_LEFT = 200, BYTES_LEFT = 400000 };

static bool kernel_has_keys(void) {
    return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0) >= 0 ||
           (errno != ENOSYS && errno != EPERM && errno != EACCES);
}

struct share {
    uint64_t keys, keys_most, bytes, bytes_most;
};

/* Root's line of key-users: proc_key_users(5). */
static bool read_share(struct share *ret) {
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

void doctor_look_at_keys(struct report *report) {
    struct share share;
    if (!kernel_has_keys()) {
        report_find(report, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                    "sessions get no token; where the module has keyring_required they are refused",
                    "let the kernel, or the container's seccomp profile, have keyctl and add_key; "
                    "or say keyring=none in pam.d",
                    "keyring: this kernel, or this container, has no keys");
        return;
    }
    if (!read_share(&share)) {
        report_good(report, "keyring: the kernel has keys");
        return;
    }
    if (share.keys + KEYS_LEFT > share.keys_most || share.bytes + BYTES_LEFT > share.bytes_most)
        report_find(report, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                    "the sessions' tokens are charged to root; when it is used up, sessions get "
                    "none",
                    "sysctl kernel.keys.root_maxbytes=25000000 kernel.keys.root_maxkeys=1000000",
                    "keyring: root has used %" PRIu64 " of %" PRIu64 " keys, %" PRIu64
                    " of %" PRIu64 " bytes",
                    share.keys, share.keys_most, share.bytes, share.bytes_most);
    else
        report_good(report,
                    "keyring: the kernel has keys; root has used %" PRIu64 " of %" PRIu64 " bytes",
                    share.bytes, share.bytes_most);
}
