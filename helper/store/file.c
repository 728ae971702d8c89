/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.c - opens the files and directories of the store, after checking that no other user could
 * have changed them.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scoped.h"

static void join_path(char ret[PATH_MAX], const char *path, const char *name) {
    snprintf(ret, PATH_MAX, "%s%s%s", path, name ? "/" : "", name ? name : "");
}

/* Checks that the file or directory is ours and closed to everyone else. */
static int check_rights(const char *whole, const struct stat *status, struct reason *reason) {
    if (status->st_uid != geteuid())
        return reason_set(reason, -EPERM,
                          "%s belongs to uid %u, not to oauth-login (uid %u); find out why, then "
                          "run: chown oauth-login: %s",
                          whole, status->st_uid, geteuid(), whole);
    if (status->st_mode & (S_IRWXG | S_IRWXO))
        return reason_set(reason, -EPERM, "%s has mode %04o, open to others; run: chmod go= %s",
                          whole, status->st_mode & 07777, whole);
    return 0;
}

/* Explains why a file could not be opened, and returns the negative errno. */
static int explain_open(int error, int dir, const char *name, const char *whole, const char *noun,
                        struct reason *reason) {
    struct stat status;

    if (error == ENOENT)
        return -ENOENT;
    if (error == ELOOP || error == ENOTDIR || error == EISDIR || error == ENXIO)
        return reason_set(reason, -EPERM, "%s is not a %s; remove it", whole, noun);
    if (error == EACCES && fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        check_rights(whole, &status, reason) < 0)
        return -EPERM;
    return reason_set(reason, -error, "cannot open %s: %s", whole, strerror(error));
}

/* Opens `name`, or `path` itself when it is NULL, as a file of `kind`: S_IFREG or S_IFDIR. */
static int open_checked(int dir, const char *path, const char *name, int flags, mode_t kind,
                        struct reason *reason) {
    char whole[PATH_MAX];
    struct stat status;
    const char *noun = kind == S_IFDIR ? "directory" : "regular file";
    const char *opened = name ? name : path;

    join_path(whole, path, name);
    /* O_NONBLOCK: a FIFO or device in place of the file must not make us wait. */
    SCOPED_FD int fd =
        openat(dir, opened, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd < 0)
        return explain_open(errno, dir, opened, whole, noun, reason);

    if (fstat(fd, &status) < 0)
        return reason_set(reason, -errno, "cannot stat %s: %s", whole, strerror(errno));
    if ((status.st_mode & S_IFMT) != kind)
        return reason_set(reason, -EPERM, "%s is not a %s; remove it", whole, noun);
    int r = check_rights(whole, &status, reason);
    if (r < 0)
        return r;
    if (kind == S_IFREG && status.st_nlink > 1)
        return reason_set(reason, -EPERM, "%s has a second name (a hard link); remove it", whole);
    return scoped_take_fd(&fd);
}

int store_file_open(int dir, const char *path, const char *name, int flags, struct reason *reason) {
    return open_checked(dir, path, name, flags, S_IFREG, reason);
}

int store_file_open_dir(int dir, const char *path, const char *name, struct reason *reason) {
    return open_checked(dir, path, name, O_RDONLY | O_DIRECTORY, S_IFDIR, reason);
}

int store_file_check_parent(int dir, const char *path, struct reason *reason) {
    struct stat status;

    if (fstatat(dir, "..", &status, 0) < 0)
        return reason_set(reason, -errno, "cannot stat %s/..: %s", path, strerror(errno));
    bool shared = (status.st_mode & (S_IWGRP | S_IWOTH)) && !(status.st_mode & S_ISVTX);
    if (shared || (status.st_uid != 0 && status.st_uid != geteuid()))
        return reason_set(reason, -EPERM,
                          "the directory above %s belongs to uid %u and has mode "
                          "%04o, so others could replace the store; it must belong to root and "
                          "have mode 0755",
                          path, status.st_uid, status.st_mode & 07777);
    return 0;
}
