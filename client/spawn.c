/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spawn.c - starting the helper from inside an application's process.
 *
 *   caller ── clone, no exit signal ──> middle ── clone ──> child ── execve ──> helper
 *
 * The application would notice a plain child: its SIGCHLD handler would run, its wait(2) would take
 * the helper's end for that of its own child, and with SIGCHLD ignored, we could not wait for ours.
 * The middle process has no exit signal, so only a wait with __WALL sees it. It never executes a
 * program, because execve(2) would reset the exit signal to SIGCHLD. It leaves the application's
 * session, starts the child and ends; the child then belongs to init, or to a subreaper.
 */
#include "spawn.h"

#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "scoped.h"
#include "spawn_child.h"

enum { PASSWD_SIZE = 16384 };

int spawn_find_user(uid_t *ret_uid, gid_t *ret_gid) {
    struct passwd entry, *found = NULL;
    char *text = malloc(PASSWD_SIZE);

    if (!text)
        return -ENOMEM;
    int error = getpwnam_r(OAUTH_LOGIN_USER, &entry, text, PASSWD_SIZE, &found);
    if (found) {
        *ret_uid = entry.pw_uid;
        *ret_gid = entry.pw_gid;
    }
    free(text);
    if (!found)
        return error > 0 ? -error : -ENOENT;
    return *ret_uid == 0 || *ret_gid == 0 ? -EPERM : 0;
}

/* Copies this process like fork(2), but without an exit signal, and without running the handlers of
 * pthread_atfork(3): those are the application's, and may wait for its threads. */
static pid_t copy_process(void) {
    return (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, NULL);
}

static _Noreturn void run_middle(const struct spawn_plan *plan) {
    setsid(); /* signals from a terminal or to the application's process group must not reach it */
    pid_t child = _Fork();
    if (child == 0)
        spawn_child_run(plan);
    _exit(child < 0 ? 1 : 0);
}

static int start(const struct spawn_plan *plan) {
    sigset_t all, old;
    int status = 0, r = 0;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pid_t middle = copy_process();
    if (middle == 0)
        run_middle(plan);

    if (middle < 0)
        r = -errno;
    else if (waitpid(middle, &status, __WALL) != middle)
        r = errno == ECHILD ? 0 : -errno; /* another thread has waited for it; the socket will show
                                             whether the helper started */
    else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        r = -EAGAIN;

    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return r;
}

int spawn_helper(const char *config) {
    struct spawn_plan plan = {.config = config};
    int pair[2];

    int r = spawn_find_user(&plan.uid, &plan.gid);
    if (r < 0)
        return r;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    SCOPED_FD int ours = pair[0];
    SCOPED_FD int theirs = pair[1];
    r = scoped_raise_fd(&ours);
    if (r >= 0)
        r = scoped_raise_fd(&theirs);
    if (r < 0)
        return r;

    plan.peer = theirs;
    r = start(&plan);
    return r < 0 ? r : scoped_take_fd(&ours);
}
