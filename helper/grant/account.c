/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * account.c - the local account of a request.
 */
#include "account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum { GROUPS_MAX = 65536 }; /* NGROUPS_MAX of Linux */

/* Names are used in paths and in lines of the log, so reject what could break either. */
static bool is_account_name(const char *name) {
    size_t length = strlen(name);

    if (length == 0 || length > PROTOCOL_NAME_MAX || name[0] == '-' || name[0] == '.')
        return false;
    for (; *name != '\0'; name++)
        if ((unsigned char)*name < 0x20 || *name == 0x7f || *name == '/' || *name == ':')
            return false;
    return true;
}

int account_resolve(const char *typed, struct account *ret, struct reason *reason) {
    if (!is_account_name(typed))
        return reason_set(reason, -EINVAL, "'%s' is not a valid account name", typed);

    errno = 0;
    const struct passwd *entry = getpwnam(typed);
    if (!entry && errno != 0 && errno != ENOENT && errno != ESRCH)
        return reason_set(reason, -EIO, "the name service failed: %s", strerror(errno));
    if (!entry)
        return reason_set(reason, -ENOENT, "the name service does not know the account '%s'",
                          typed);

    if (!is_account_name(entry->pw_name) || !text_copy(ret->name, sizeof ret->name, entry->pw_name))
        return reason_set(reason, -EINVAL, "'%s' is not a valid account name", entry->pw_name);
    ret->uid = entry->pw_uid;
    ret->gid = entry->pw_gid;
    return 0;
}

/* Whether the account is in `group`: 1 or 0. -ENOMEM; -E2BIG for an account in more groups than
 * Linux allows. */
static int is_member(const struct account *account, gid_t group) {
    int count = 64;

    while (count <= GROUPS_MAX) {
        int room = count;
        gid_t *groups = calloc((size_t)room, sizeof *groups);
        if (!groups)
            return -ENOMEM;

        int got = getgrouplist(account->name, account->gid, groups, &count);
        int member = 0;
        for (int i = 0; i < got; i++)
            member |= groups[i] == group;
        free(groups);
        if (got >= 0)
            return member;
        if (count <= room) /* getgrouplist() did not report how many there are */
            count = room * 2;
    }
    return -E2BIG;
}

static bool is_named(const struct group *group, const char *name) {
    for (char **member = group->gr_mem; member && *member; member++)
        if (strcmp(*member, name) == 0)
            return true;
    return false;
}

int account_is_managed(const struct account *account, const struct login_config *login,
                       struct reason *reason) {
    if (account->uid == 0)
        return reason_set(reason, 0, "uid 0 is never managed");
    if (account->uid < login->minimum_uid)
        return reason_set(reason, 0, "uid %u is below minimum_uid %u", account->uid,
                          login->minimum_uid);
    if (config_list_has(login->ignore_users, account->name))
        return reason_set(reason, 0, "named in ignore_users");
    if (login->managed_group[0] == '\0')
        return 1;

    const struct group *group = getgrnam(login->managed_group);
    if (!group)
        return reason_set(reason, -EINVAL, "[login] managed_group = %s: there is no such group",
                          login->managed_group);

    /* getgrouplist() does not report a failing name service, so the group's own list of members
     * counts as well. */
    bool named = group->gr_gid == account->gid || is_named(group, account->name);
    int member = named ? 1 : is_member(account, group->gr_gid);
    if (member < 0)
        return reason_set(reason, member, "cannot list the groups of %s: %s", account->name,
                          strerror(-member));
    return member ? 1 : reason_set(reason, 0, "not in managed_group %s", login->managed_group);
}
