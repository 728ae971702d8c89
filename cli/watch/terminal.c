/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * terminal.c - the terminal of an open session, found from the session's leader: PAM_TTY is "ssh"
 * for sshd, and a machine need not keep login records (utmp).
 */
#include "terminal.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "account.h"
#include "process.h"
#include "scoped.h"

enum {
    GENERATIONS_MAX = 16,    /* from the session's leader to a process on its terminal */
    CONSOLE_MAJOR = 4,       /* the kernel's admin-guide/devices: /dev/tty1 and so on */
    SERIAL_MINOR_FIRST = 64, /* of the same major: /dev/ttyS0 and so on */
    PTS_MAJOR_FIRST = 136,
    PTS_MAJOR_LAST = 143,
    PTS_OF_A_MAJOR = 256,
};

static dev_t terminal_of(pid_t pid) {
    struct process process;
    return process_read(pid, &process) ? process.terminal : 0;
}

static bool descends_from(pid_t pid, pid_t leader) {
    struct process process;

    for (int i = 0; i < GENERATIONS_MAX && pid > 1; i++) {
        if (pid == leader)
            return true;
        if (!process_read(pid, &process))
            return false;
        pid = process.parent;
    }
    return false;
}

/* Finds the controlling terminal of the leader, or else of a process that it started; 0 if there is
 * none. */
static dev_t find_device(pid_t leader) {
    const struct dirent *entry;
    dev_t device = terminal_of(leader);
    SCOPED_DIR DIR *processes = device == 0 ? opendir("/proc") : NULL;

    while (processes && device == 0 && (entry = readdir(processes))) {
        pid_t pid = isdigit((unsigned char)entry->d_name[0]) ? atoi(entry->d_name) : 0;
        dev_t found = pid > 0 ? terminal_of(pid) : 0;
        if (found != 0 && descends_from(pid, leader))
            device = found;
    }
    return device;
}

/* Finds the name of the session's terminal below /dev, or else takes PAM_TTY. "" if there is
 * neither. */
static void find_terminal(const struct session_file *session, char ret[sizeof session->terminal]) {
    dev_t device = find_device(session->leader);
    unsigned int kind = major(device);

    if (kind >= PTS_MAJOR_FIRST && kind <= PTS_MAJOR_LAST)
        snprintf(ret, sizeof session->terminal, "pts/%u",
                 (kind - PTS_MAJOR_FIRST) * PTS_OF_A_MAJOR + minor(device));
    else if (kind == CONSOLE_MAJOR && minor(device) < SERIAL_MINOR_FIRST)
        snprintf(ret, sizeof session->terminal, "tty%u", minor(device));
    else
        snprintf(ret, sizeof session->terminal, "%s", session->terminal);
}

/* Checks that the terminal still belongs to the session: the name may be out of date. */
static bool is_sessions_terminal(const struct session_file *session, int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
           (account_has_uid(session, status.st_uid) ||
            terminal_of(session->leader) == status.st_rdev);
}

bool terminal_warn(const struct session_file *session) {
    static const char text[] =
        "\r\n\aThis session ends now: the account is closed at the provider.\r\n";
    char line[sizeof session->terminal], path[sizeof session->terminal + 8];

    find_terminal(session, line);
    const char *name = strncmp(line, "/dev/", 5) == 0 ? line + 5 : line;
    if ((strncmp(name, "pts/", 4) != 0 && strncmp(name, "tty", 3) != 0) || strstr(name, ".."))
        return false;

    snprintf(path, sizeof path, "/dev/%s", name);
    SCOPED_FD int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    return fd >= 0 && is_sessions_terminal(session, fd) && write(fd, text, sizeof text - 1) > 0;
}
