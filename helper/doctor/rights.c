/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rights.c - checks that the helper has only the rights of its own user on this machine.
 */
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parts.h"

/* Whether the process is in no supplementary group but `gid`, its primary one: systemd leaves that
 * in the list, where it gives no further right. */
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

/* A row for each right that the helper must not have. */
static const struct {
    bool (*holds)(void);
    const char *violation; /* the finding when it does not hold */
} rights[] = {
    {runs_as_its_user, "it does not run as the user " OAUTH_LOGIN_USER " alone"},
    {has_no_capability, "it has capabilities"},
    {can_gain_none, "it could gain rights by executing a program"},
    {cannot_be_read, "it can be traced and dumped"},
};

void doctor_look_at_rights(struct doctor *doctor) {
    bool all = true;

    for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++) {
        if (rights[i].holds())
            continue;
        all = false;
        doctor_find(
            doctor, LEVEL_ERROR, VERDICT_FAULT,
            "an attacker who takes over the helper from the network would have these rights",
            "install it again: make install; its mode must be 0755, without capabilities",
            "helper: %s", rights[i].violation);
    }
    if (all)
        doctor_good(doctor, "helper: runs as %s, with no other right", OAUTH_LOGIN_USER);
}
