/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * browser.c - opening an address in the user's browser.
 *
 * The browser's process MUST NOT have any of our rights, descriptors or signal settings: this
 * command may run as root.
 */
#include "browser.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* Accepts an https address without characters that are special to a shell: xdg-open is a shell
 * script, and the helper, which sent the address, is not trusted. */
static bool is_plain(const char *address) {
    return strncmp(address, "https://", 8) == 0 && !strpbrk(address, " \"$'()*;<>\\^`{|}!");
}

static const char *find_opener(void) {
    static const char *const paths[] = {"/usr/local/bin/xdg-open", "/usr/bin/xdg-open"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (access(paths[i], X_OK) == 0)
            return paths[i];
    return NULL;
}

static bool has_display(void) {
    const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    bool local = !getenv("SSH_CONNECTION") && !getenv("SSH_TTY");
    return local && ((x && x[0] != '\0') || (wayland && wayland[0] != '\0'));
}

/* Returns the user who called sudo, or NULL if there was none or it was root. */
static const struct passwd *find_sudo_user(void) {
    const char *text = getenv("SUDO_UID");
    char *end = NULL;

    if (!text || text[0] < '1' || text[0] > '9')
        return NULL;
    unsigned long uid = strtoul(text, &end, 10);
    const struct passwd *user = *end == '\0' && uid < UINT32_MAX ? getpwuid((uid_t)uid) : NULL;
    return user && user->pw_gid != 0 ? user : NULL;
}

/* Becomes the user. Returns false unless all rights of root are gone for good. */
static bool become(const struct passwd *user) {
    uid_t ruid = 0, euid = 0, suid = 0;
    gid_t rgid = 0, egid = 0, sgid = 0;

    if (initgroups(user->pw_name, user->pw_gid) < 0 ||
        setresgid(user->pw_gid, user->pw_gid, user->pw_gid) < 0 ||
        setresuid(user->pw_uid, user->pw_uid, user->pw_uid) < 0 ||
        getresuid(&ruid, &euid, &suid) < 0 || getresgid(&rgid, &egid, &sgid) < 0)
        return false;

    return ruid == user->pw_uid && euid == user->pw_uid && suid == user->pw_uid &&
           rgid == user->pw_gid && egid == user->pw_gid && sgid == user->pw_gid &&
           setresuid((uid_t)-1, 0, (uid_t)-1) < 0;
}

/* Sets the environment of the user's own session, as far as we know it. */
static void take_environment(const struct passwd *user) {
    char runtime[64];
    snprintf(runtime, sizeof runtime, "/run/user/%u", user->pw_uid);
    setenv("HOME", user->pw_dir, 1);
    setenv("USER", user->pw_name, 1);
    setenv("LOGNAME", user->pw_name, 1);
    setenv("SHELL", user->pw_shell, 1);
    setenv("XDG_RUNTIME_DIR", runtime, 1);
}

/* Leaves /dev/null at 0 to 2 and nothing above. */
static bool replace_descriptors(void) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
        if (dup2(null, fd) < 0)
            return false;
    if (null < 0)
        return false;

    if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) < 0) /* before Linux 5.9 */
        for (int fd = STDERR_FILENO + 1; fd < (int)sysconf(_SC_OPEN_MAX); fd++)
            close(fd);
    return true;
}

static _Noreturn void run(const char *opener, const char *address, const struct passwd *user) {
    sigset_t none;

    setsid(); /* Ctrl-C must end the enrollment, but not the browser */
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    if (user && !become(user))
        _exit(1);
    if (user)
        take_environment(user);
    if (replace_descriptors() && chdir("/") == 0)
        execl(opener, opener, address, (char *)NULL);
    _exit(1);
}

bool browser_open(const char *address) {
    const char *opener = is_plain(address) && has_display() ? find_opener() : NULL;
    bool root = getuid() == 0 || geteuid() == 0;
    const struct passwd *user = root ? find_sudo_user() : NULL;
    int status = 0;

    if (!opener || (root && !user))
        return false;

    /* Fork twice: init waits for the browser, since its parent ends at once. */
    pid_t middle = fork();
    if (middle == 0) {
        pid_t child = fork();
        if (child == 0)
            run(opener, address, user);
        _exit(child < 0 ? 1 : 0);
    }

    return middle > 0 && waitpid(middle, &status, 0) == middle && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}
