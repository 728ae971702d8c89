/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listener.c - the socket that the resident helper listens on, and the user that it runs as.
 */
#include "listener.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "scoped.h"

enum { FIRST_FD = 3, BACKLOG = 4096 };

static int get_option(int fd, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

/* Returns whether the environment variable is exactly that number. */
static bool variable_is(const char *variable, long number) {
    char expected[24];
    const char *value = getenv(variable);
    snprintf(expected, sizeof expected, "%ld", number);
    return value && strcmp(value, expected) == 0;
}

int listener_take(struct reason *reason) {
    if (!variable_is("LISTEN_PID", getpid()) || !variable_is("LISTEN_FDS", 1))
        return reason_set(reason, -EINVAL,
                          "no service manager has handed over exactly one socket; run: systemctl "
                          "start oauth-login-helper.socket, or: oauth-login-helper --listen PATH");
    if (get_option(FIRST_FD, SO_DOMAIN) != AF_UNIX ||
        get_option(FIRST_FD, SO_TYPE) != SOCK_STREAM || get_option(FIRST_FD, SO_ACCEPTCONN) != 1)
        return reason_set(reason, -EINVAL,
                          "descriptor 3 is not a listening local stream socket; the unit needs "
                          "ListenStream=/run/oauth-login/helper.sock and Accept=no");
    if (fcntl(FIRST_FD, F_SETFD, FD_CLOEXEC) < 0 || fcntl(FIRST_FD, F_SETFL, O_NONBLOCK) < 0)
        return reason_set(reason, -errno, "cannot set flags of descriptor 3: %s", strerror(errno));
    return FIRST_FD;
}

/* Makes the socket's directory: /run is empty after each boot, and not every machine has
 * systemd-tmpfiles. */
static void make_directory(const char *path) {
    char directory[sizeof((struct sockaddr_un *)0)->sun_path];
    snprintf(directory, sizeof directory, "%s", path);
    char *slash = strrchr(directory, '/');
    if (!slash || slash == directory)
        return;
    *slash = '\0';
    if (mkdir(directory, 0755) == 0)
        chmod(directory, 0755); /* whatever the umask is */
}

/* Binds and listens at PATH.new, because another socket may be in use at `path`. */
static int bind_beside(int fd, const char *path, struct sockaddr_un *address) {
    snprintf(address->sun_path, sizeof address->sun_path, "%s.new", path);
    unlink(address->sun_path);
    mode_t mask = umask(0111);
    int r = bind(fd, (const struct sockaddr *)address, sizeof *address) < 0 ? -errno : 0;
    umask(mask);
    if (r >= 0 && listen(fd, BACKLOG) < 0)
        r = -errno;
    return r;
}

int listener_make(const char *path, struct reason *reason) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;

    if (path[0] != '/' || strlen(path) + sizeof ".new" > sizeof address.sun_path)
        return reason_set(reason, -EINVAL, "%s must be an absolute path of %zu bytes at most", path,
                          sizeof address.sun_path - sizeof ".new");
    make_directory(path);
    if (lstat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
        return reason_set(reason, -EEXIST, "%s exists and is not a socket; remove it", path);

    SCOPED_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int r = fd < 0 ? -errno : bind_beside(fd, path, &address);
    if (r >= 0 && rename(address.sun_path, path) < 0)
        r = -errno;
    if (r < 0)
        return reason_set(reason, r, "cannot listen on %s: %s", path, strerror(-r));
    return scoped_take_fd(&fd);
}

int listener_drop_root(struct reason *reason) {
    if (geteuid() != 0)
        return 0;

    const struct passwd *user = getpwnam(OAUTH_LOGIN_USER);
    if (!user || user->pw_uid == 0 || user->pw_gid == 0)
        return reason_set(reason, -ENOENT,
                          "there is no user %s to run as, or its uid or gid is 0; run: make "
                          "install, or: systemd-sysusers",
                          OAUTH_LOGIN_USER);

    uid_t uid = user->pw_uid;
    gid_t gid = user->pw_gid;
    if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
        return reason_set(reason, -errno, "cannot become %s: %s", OAUTH_LOGIN_USER,
                          strerror(errno));
    if (seteuid(0) == 0 || setegid(0) == 0 || chdir("/") < 0)
        return reason_set(reason, -EPERM, "root's rights were not dropped");
    return 0;
}
