/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.c - the user, and whose the files are that logins depend on.
 */
#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "parts.h"

static const char install_again[] = "install it again: make install";

static void look_at_user(struct report *report) {
    const struct passwd *user = getpwnam(OAUTH_LOGIN_USER);
    if (user && user->pw_uid != 0 && user->pw_gid != 0)
        report_good(report, "user: %s, uid %u", OAUTH_LOGIN_USER, user->pw_uid);
    else
        report_find(report, LEVEL_ERROR, VERDICT_FAULT,
                    "the helper runs as this user and as nobody else, so every managed login fails",
                    user ? "give it a uid and a group of its own"
                         : "make it: make install, or: systemd-sysusers",
                    "user: %s %s", OAUTH_LOGIN_USER,
                    user ? "has uid or gid 0" : "does not exist on this machine");
}

/* What is wrong with a file of root's that everybody may read, or NULL. */
static const char *judge_mode(const struct stat *status) {
    return status->st_uid != 0                     ? "does not belong to root"
           : status->st_mode & (S_IWGRP | S_IWOTH) ? "is writable by others"
           : (status->st_mode & S_IROTH) == 0      ? "can't be read by " OAUTH_LOGIN_USER
           : status->st_mode & (S_ISUID | S_ISGID) ? "is setuid or setgid"
                                                   : NULL;
}

/* True when the file is as it should be; else says why not. */
static bool look_at(struct report *report, const char *what, const char *path, enum verdict verdict,
                    const char *why, const char *fix) {
    struct stat status;
    const char *wrong = NULL;
    if (stat(path, &status) < 0)
        wrong = errno == ENOENT ? "is missing" : strerror(errno);
    else
        wrong = judge_mode(&status);
    if (wrong)
        report_find(report, LEVEL_ERROR, verdict, why, fix, "%s: %s %s", what, path, wrong);
    return !wrong;
}

/* The directory that libpam takes modules from is the one that pam_unix.so lies in. */
static void look_at_module(struct report *report) {
    static const char pattern[] = "{/usr,}/lib{/*,64,}/security/pam_unix.so";
    char path[PATH_MAX];
    glob_t found;
    if (glob(pattern, GLOB_BRACE, NULL, &found) != 0) {
        report_find(report, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                    "whether the module is where libpam looks can't be told", "look at it yourself",
                    "module: there is no %s", pattern);
        return;
    }
    snprintf(path, sizeof path, "%s/pam_oauth_login.so", dirname(found.gl_pathv[0]));
    globfree(&found);
    if (look_at(report, "module", path, VERDICT_MISCONFIGURED,
                "libpam fails every login of a stack whose module it can't load or trust",
                install_again))
        report_good(report, "module: %s", path);
}

void doctor_look_at_files(struct report *report, const char *config) {
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", config);
    look_at_user(report);
    look_at_module(report);
    if (look_at(report, "helper", OAUTH_LOGIN_HELPER, VERDICT_FAULT,
                "whoever may change or borrow the helper has every stored grant", install_again))
        report_good(report, "helper: %s", OAUTH_LOGIN_HELPER);
    if (look_at(report, "configuration", dirname(directory), VERDICT_MISCONFIGURED,
                "whoever may write there decides who logs in; and the helper must read it",
                "chown root, and chmod 0755, what is named"))
        report_good(report, "configuration: %s is root's", directory);
}
