/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rights.c - what the helper may do on this machine: nothing but read its store.
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parts.h"

/* systemd leaves the user's own group in the list of supplementary ones; that gives nothing. */
static bool has_no_group_but(gid_t gid) {
    gid_t groups[2];
    int count = getgroups(sizeof groups / sizeof groups[0], groups);
    return count == 0 || (count == 1 && groups[0] == gid);
}

static bool runs_as_its_user(void) {
    uid_t real = 0, effective = 0, saved = 0;
    const struct passwd *user = getpwnam(OAUTH_LOGIN_USER);
    return user && getresuid(&real, &effective, &saved) == 0 && real == user->pw_uid &&
           effective == user->pw_uid && saved == user->pw_uid && getgid() == user->pw_gid &&
           getegid() == user->pw_gid && has_no_group_but(user->pw_gid);
}

static bool has_no_capability(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {{0, 0, 0}};
    return syscall(SYS_capget, &header, sets) == 0 &&
           (sets[0].permitted | sets[1].permitted | sets[0].inheritable | sets[1].inheritable) == 0;
}

static bool can_gain_none(void) {
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

static bool cannot_be_read(void) {
    return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
}

/* A row for each right that is given up; what the kernel is too old for is a LEVEL_WARNING. */
static const struct {
    bool (*holds)(void);
    enum protocol_level level;
    const char *otherwise; /* what is so when it does not hold */
} rights[] = {
    {runs_as_its_user, LEVEL_ERROR, "it does not run as the user " OAUTH_LOGIN_USER " alone"},
    {has_no_capability, LEVEL_ERROR, "it has capabilities"},
    {can_gain_none, LEVEL_ERROR, "it could gain rights by executing a program"},
    {cannot_be_read, LEVEL_ERROR, "it can be traced and dumped"},
};

void doctor_look_at_rights(struct doctor *doctor) {
    bool all = true;
    for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++) {
        if (rights[i].holds())
            continue;
        all = false;
        doctor_find(doctor, rights[i].level, VERDICT_FAULT,
                    "whoever takes over the helper from the network would have these rights",
                    "install it again: make install; it must be 0755, without capabilities",
                    "helper: %s", rights[i].otherwise);
    }
    if (all)
        doctor_good(doctor, "helper: runs as %s, with no other right", OAUTH_LOGIN_USER);
}
