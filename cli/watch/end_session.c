/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * end_session.c - ends or locks an open session whose account was closed.
 */
#include "end_session.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "account.h"
#include "scoped.h"
#include "terminal.h"

enum { ID_SIZE = 64 };

/* Parses "HIERARCHY:CONTROLLERS:PATH" of cgroups(7). Only the top of the path counts: below it,
 * users can give groups any name. */
static bool parse_group(const char *line, unsigned int *ret_uid, char ret_id[ID_SIZE]) {
    const char *controllers = strchr(line, ':');
    const char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    int end = 0;

    return path &&
           sscanf(path, ":/user.slice/user-%u.slice/session-%63[A-Za-z0-9].scope%n", ret_uid,
                  ret_id, &end) == 2 &&
           end > 0 && strchr("/\n", path[end]);
}

/* Finds the logind session that the leader is in. Returns false unless it is the account's own: a
 * session of su runs in the logind session of the user who called su. */
static bool find_logind_session(const struct session_file *session, char ret[ID_SIZE]) {
    char path[64], line[1024];
    unsigned int uid = 0;
    bool found = false;

    if (access("/run/systemd/seats", F_OK) < 0) /* sd-login(3) tests for logind in this way */
        return false;

    snprintf(path, sizeof path, "/proc/%d/cgroup", session->leader);
    FILE *groups = fopen(path, "re");
    while (groups && !found && fgets(line, sizeof line, groups))
        found = parse_group(line, &uid, ret);
    if (groups)
        fclose(groups);

    return found && account_has_uid(session, uid) && session_leader_lives(session);
}

static bool run_loginctl(const char *verb, const char *id) {
    static const char program[] = "/usr/bin/loginctl";
    const char *argv[] = {program, verb, id, NULL};
    const char *const environment[] = {NULL};
    int status = 0;

    pid_t pid = fork();
    if (pid == 0) {
        execve(program, (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)environment);
        _exit(127);
    }
    if (pid < 0)
        return false;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Sends SIGHUP, as when a terminal hangs up; SIGTERM, for leaders that block SIGHUP, such as su, or
 * use it for something else, such as systemd --user; and SIGCONT, for one that is stopped, as su is
 * while its shell is suspended. Signal through a pidfd, so that a process that reused the PID is
 * never hit. */
static bool hang_up(const struct session_file *session) {
    SCOPED_FD int fd = pidfd_open(session->leader, 0);
    if (fd < 0 || !session_leader_lives(session))
        return true; /* it has already ended */
    if (pidfd_send_signal(fd, SIGHUP, NULL, 0) < 0)
        return errno == ESRCH;
    pidfd_send_signal(fd, SIGTERM, NULL, 0);
    pidfd_send_signal(fd, SIGCONT, NULL, 0);
    return true;
}

bool end_session_warn(const struct session_file *session, enum protocol_action action) {
    char id[ID_SIZE];
    return action == ACTION_TERMINATE && !find_logind_session(session, id) &&
           session_leader_lives(session) && terminal_warn(session);
}

/* If logind fails or has forgotten the session, hang up the leader instead. */
static bool terminate(const struct session_file *session) {
    char id[ID_SIZE];
    return (find_logind_session(session, id) && run_loginctl("terminate-session", id)) ||
           hang_up(session);
}

static bool lock_screen(const struct session_file *session) {
    char id[ID_SIZE];
    return find_logind_session(session, id) && run_loginctl("lock-session", id);
}

void end_session_take_action(const struct session_file *session, enum protocol_action action,
                             const char *verdict, const char *reason) {
    static const struct {
        const char *done, *failed;
    } words[ACTION_COUNT] = {
        [ACTION_NONE] = {"", ""},
        [ACTION_LOG] = {"goes on", ""},
        [ACTION_LOCK] = {"was locked", "could not be locked"},
        [ACTION_TERMINATE] = {"was ended", "could not be ended"},
    };
    bool done = true;

    if (action == ACTION_NONE)
        return;
    if (action == ACTION_LOCK)
        done = lock_screen(session);
    if (action == ACTION_TERMINATE)
        done = terminate(session);

    syslog(LOG_NOTICE, "%s: the session of %s[%d] %s (verdict=%s reason=\"%s\")", session->account,
           session->service, session->leader, done ? words[action].done : words[action].failed,
           verdict, reason);
}
