/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.c - the user of the helper, and the owners and modes of the files that logins depend on.
 */
#include <errno.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "parts.h"

static const char reinstall[] = "reinstall it: make install";

static void look_at_user(struct findings *findings) {
    const struct passwd *user = getpwnam(OAUTH_LOGIN_USER);

    if (user && user->pw_uid != 0 && user->pw_gid != 0)
        findings_good(findings, "user: %s, uid %u", OAUTH_LOGIN_USER, user->pw_uid);
    else
        findings_problem(
            findings, LEVEL_ERROR, VERDICT_FAULT,
            "the helper runs only as this user, so every login of a managed account fails",
            user ? "give the user its own uid and group"
                 : "create it: make install, or: systemd-sysusers",
            "user: %s %s", OAUTH_LOGIN_USER,
            user ? "has uid or gid 0" : "does not exist on this machine");
}

/* Returns what is wrong with a file that root must own and all must be able to read, or NULL. */
static const char *judge_mode(const struct stat *status) {
    if (status->st_uid != 0)
        return "does not belong to root";
    if (status->st_mode & (S_IWGRP | S_IWOTH))
        return "is writable by others";
    if (!(status->st_mode & S_IROTH))
        return "can't be read by " OAUTH_LOGIN_USER;
    if (status->st_mode & (S_ISUID | S_ISGID))
        return "is setuid or setgid";
    return NULL;
}

/* Returns true if the file is as it must be. Adds a finding otherwise. */
static bool look_at(struct findings *findings, const char *what, const char *path,
                    enum verdict verdict, const char *why, const char *fix) {
    struct stat status;
    const char *wrong = NULL;

    if (stat(path, &status) < 0)
        wrong = errno == ENOENT ? "is missing" : strerror(errno);
    else
        wrong = judge_mode(&status);
    if (wrong)
        findings_problem(findings, LEVEL_ERROR, verdict, why, fix, "%s: %s %s", what, path, wrong);
    return !wrong;
}

/* Looks for the module where libpam does: in the directory that has pam_unix.so. */
static void look_at_module(struct findings *findings) {
    static const char pattern[] = "{/usr,}/lib{/*,64,}/security/pam_unix.so";
    char path[PATH_MAX];
    glob_t found;

    if (glob(pattern, GLOB_BRACE, NULL, &found) != 0) {
        findings_problem(findings, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                         "doctor can't tell which directory libpam loads modules from",
                         "check that pam_oauth_login.so is in it", "module: found no %s", pattern);
        return;
    }

    snprintf(path, sizeof path, "%s/pam_oauth_login.so", dirname(found.gl_pathv[0]));
    globfree(&found);
    if (look_at(
            findings, "module", path, VERDICT_MISCONFIGURED,
            "libpam fails every login by a module that it can't load, and anyone who can change "
            "the module can let anyone in",
            reinstall))
        findings_good(findings, "module: %s", path);
}

void doctor_look_at_files(struct findings *findings, const char *config) {
    char directory[PATH_MAX];

    snprintf(directory, sizeof directory, "%s", config);
    look_at_user(findings);
    look_at_module(findings);
    if (look_at(
            findings, "helper", OAUTH_LOGIN_HELPER, VERDICT_FAULT,
            "anyone who can change the helper, or run it with its rights, has every stored grant",
            reinstall))
        findings_good(findings, "helper: %s", OAUTH_LOGIN_HELPER);
    if (look_at(findings, "configuration", dirname(directory), VERDICT_MISCONFIGURED,
                "anyone who can write there decides who logs in, and the helper must read it",
                "run chown root and chmod 0755 on that directory"))
        findings_good(findings, "configuration: %s belongs to root", directory);
}
