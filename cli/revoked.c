/*
 * revoked.c - what becomes of an open session whose account has ended.
 */
#include "revoked.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>
#include <utmp.h>

#include "scoped.h"

enum { ID_SIZE = 64 };

/* The session at logind, as its leader's control group names it: ".../session-3.scope". */
static bool find_logind_session(pid_t leader, char ret[ID_SIZE]) {
    char path[64], text[1024];
    if (access("/run/systemd/seats", F_OK) < 0) /* logind runs: sd-login(3) looks so too */
        return false;
    snprintf(path, sizeof path, "/proc/%d/cgroup", leader);
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    text[size > 0 ? size : 0] = '\0';
    const char *scope = strstr(text, "/session-");
    return scope && sscanf(scope, "/session-%63[A-Za-z0-9].scope", ret) == 1;
}

static bool run_loginctl(const char *verb, const char *id) {
    static const char program[] = "/usr/bin/loginctl";
    const char *argv[] = {program, verb, id, NULL};
    const char *const environment[] = {NULL};
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        execve(program, (char *const *) (uintptr_t) argv, (char *const *) (uintptr_t) environment);
        _exit(127);
    }
    if (pid < 0)
        return false;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The leader's terminal: as the login record has it, else as PAM had it; "" when there is none. */
static void find_terminal(const struct session_file *session, char ret[sizeof session->terminal]) {
    const struct utmp *entry;
    snprintf(ret, sizeof session->terminal, "%s", session->terminal);
    setutent();
    while ((entry = getutent()))
        if (entry->ut_type == USER_PROCESS && entry->ut_pid == session->leader)
            snprintf(ret, sizeof session->terminal, "%.*s", (int) sizeof entry->ut_line,
                     entry->ut_line);
    endutent();
}

static bool warn_terminal(const struct session_file *session) {
    static const char text[] =
        "\r\n\aThis session ends now: the provider no longer wants this account.\r\n";
    char line[sizeof session->terminal], path[sizeof session->terminal + 8];
    struct stat status;
    find_terminal(session, line);
    const char *name = strncmp(line, "/dev/", 5) == 0 ? line + 5 : line;
    if ((strncmp(name, "pts/", 4) != 0 && strncmp(name, "tty", 3) != 0) || strstr(name, ".."))
        return false;
    snprintf(path, sizeof path, "/dev/%s", name);
    SCOPED_FD int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISCHR(status.st_mode))
        return false;
    return write(fd, text, sizeof text - 1) > 0;
}

/* By a descriptor, so that it is the leader that gets it, and nobody who got its number. */
static bool hang_up(const struct session_file *session) {
    SCOPED_FD int fd = pidfd_open(session->leader, 0);
    if (fd < 0 || !session_leader_lives(session))
        return true; /* it has ended by itself */
    return pidfd_send_signal(fd, SIGHUP, NULL, 0) == 0;
}

bool revoked_warn(const struct session_file *session, enum protocol_action action) {
    char id[ID_SIZE];
    return action == ACTION_TERMINATE && !find_logind_session(session->leader, id) &&
           session_leader_lives(session) && warn_terminal(session);
}

static bool terminate(const struct session_file *session) {
    char id[ID_SIZE];
    return find_logind_session(session->leader, id) ? run_loginctl("terminate-session", id)
                                                    : hang_up(session);
}

static bool lock_screen(const struct session_file *session) {
    char id[ID_SIZE];
    return find_logind_session(session->leader, id) && run_loginctl("lock-session", id);
}

void revoked_act(const struct session_file *session, enum protocol_action action,
                 const char *verdict, const char *reason) {
    static const char *const words[ACTION_COUNT] = {
        [ACTION_NONE] = "",
        [ACTION_LOG] = "goes on",
        [ACTION_LOCK] = "is locked",
        [ACTION_TERMINATE] = "is ended",
    };
    bool done = true;
    if (action == ACTION_NONE)
        return;
    if (action == ACTION_LOCK)
        done = lock_screen(session);
    if (action == ACTION_TERMINATE)
        done = terminate(session);
    syslog(LOG_NOTICE, "%s: the session of %s[%d] %s%s (verdict=%s reason=\"%s\")",
           session->account, session->service, session->leader, words[action],
           done ? "" : ", or should be: it could not be done", verdict, reason);
}
