/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rights.c - checks that the helper has no rights on this machine but those of its own user.
 */
#include <linux/capability.h>
#include <pwd.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parts.h"

static bool runs_as_its_user(void) {
    uid_t real = 0, effective = 0, saved = 0;
    const struct passwd *user = getpwnam(OAUTH_LOGIN_USER);

    return user && getresuid(&real, &effective, &saved) == 0 && real == user->pw_uid &&
           effective == user->pw_uid && saved == user->pw_uid && getgid() == user->pw_gid &&
           getegid() == user->pw_gid && getgroups(0, NULL) == 0;
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
        doctor_find(doctor, LEVEL_ERROR, VERDICT_FAULT,
                    "whoever takes over the helper from the network would have these rights",
                    "install it again: make install; its mode must be 0755, without capabilities",
                    "helper: %s", rights[i].violation);
    }
    if (all)
        doctor_good(doctor, "helper: runs as %s, with no other right", OAUTH_LOGIN_USER);
}
