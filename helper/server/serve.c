/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * serve.c - the resident helper's parent: forks a child for each request.
 *
 * The parent lives long and every user can reach it, so it MUST hold no secret and parse nothing
 * that a peer sent. It asks the kernel for the peer's uid, and forks.
 */
#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer.h"
#include "scoped.h"

enum {
    SERVE_PAUSE_MS = 100, /* after a shortage of memory or descriptors made accept or fork fail */
    SERVE_CRASHES_MAX = 8,
    CHILD_CPU_SECONDS = 60,
    CHILD_FILES = 64,
    CHILD_FILE_SIZE = 16 << 20,
};

struct child {
    pid_t pid;
    uid_t uid; /* of its peer */
};

struct server {
    const struct helper_config *limits;
    int listener;
    int signals;
    struct child *children; /* room for limits->max_children */
    uint32_t count;
    uint32_t crashes;
    bool ending;
};

static void server_clear(struct server *server) {
    scoped_close(&server->signals);
    free(server->children);
    server->children = NULL;
}

/* Allocates the list of children, and lets the signals that the parent waits for arrive through a
 * descriptor. */
static int server_open(struct server *server) {
    sigset_t awaited;

    server->children = calloc(server->limits->max_children, sizeof *server->children);
    if (!server->children)
        return -ENOMEM;

    signal(SIGCHLD, SIG_DFL); /* if it were ignored, the end of a child would not be reported */
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD);
    sigaddset(&awaited, SIGTERM);
    sigaddset(&awaited, SIGINT);
    sigaddset(&awaited, SIGHUP);
    sigprocmask(SIG_BLOCK, &awaited, NULL);
    server->signals = signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
    return server->signals < 0 ? -errno : 0;
}

static bool has_crashed(int status) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGSYS};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (WIFSIGNALED(status) && WTERMSIG(status) == faults[i])
            return true;
    return false;
}

static void reap(struct server *server) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        server->crashes += has_crashed(status);
        for (uint32_t i = 0; i < server->count; i++)
            if (server->children[i].pid == pid)
                server->children[i--] = server->children[--server->count];
    }
}

static void take_signals(struct server *server) {
    struct signalfd_siginfo came;
    while (read(server->signals, &came, sizeof came) == sizeof came)
        if (came.ssi_signo != SIGCHLD)
            server->ending = true;
    reap(server);
}

/* Root has no limit per user: if it were turned away, it would only start another helper. */
static bool has_room(const struct server *server, uid_t uid) {
    uint32_t same = 0;
    for (uint32_t i = 0; i < server->count; i++)
        same += server->children[i].uid == uid;
    return server->count < server->limits->max_children &&
           (uid == 0 || same < server->limits->max_children_per_user);
}

/* Replies that the helper is busy. This never blocks: the socket's buffer is still empty, and the
 * reply fits into it. */
static void turn_away(const struct peer *peer, const char *why) {
    struct reply reply = {.verdict = VERDICT_FAULT};
    reason_set(&reply.reason, 0, "the resident helper is busy: %s", why);
    snprintf(reply.message, sizeof reply.message,
             "Login refused: oauth-login is busy on this machine. Your account is not at fault; "
             "try again.");
    peer_send_reply(peer, &reply);
}

/* Sets the limits that a helper started by root has too. The parent, which lives on, cannot have
 * them. */
static void limit_child(void) {
    static const struct {
        __rlimit_resource_t resource;
        rlim_t limit;
    } limits[] = {
        {RLIMIT_CPU, CHILD_CPU_SECONDS},
        {RLIMIT_NOFILE, CHILD_FILES},
        {RLIMIT_FSIZE, CHILD_FILE_SIZE},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct rlimit limit = {limits[i].limit, limits[i].limit};
        setrlimit(limits[i].resource, &limit); /* fails if the limit is lower already */
    }
}

/* Accepts a peer and forks. Returns the peer's socket in the child; in the parent 0, or the error
 * of accept or fork. */
static int receive_peer(struct server *server) {
    struct peer peer;

    SCOPED_FD int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return errno == EINTR || errno == EAGAIN || errno == ECONNABORTED ? 0 : -errno;
    if (peer_open(fd, &peer) < 0)
        return 0;
    if (!has_room(server, peer.uid)) {
        turn_away(&peer, "max_children or max_children_per_user of section [helper] is reached");
        return 0;
    }

    pid_t pid = fork();
    if (pid < 0) {
        int error = errno;
        turn_away(&peer, "the machine cannot start another process");
        return -error;
    }
    if (pid > 0) {
        server->children[server->count++] = (struct child){.pid = pid, .uid = peer.uid};
        return 0;
    }
    limit_child();
    return scoped_take_fd(&fd);
}

/* Returns whether an error is a shortage that ends when other processes exit. */
static bool is_shortage(int error) {
    return error == -EMFILE || error == -ENFILE || error == -ENOBUFS || error == -ENOMEM ||
           error == -EAGAIN;
}

int serve_peers(int listener, const struct helper_config *limits) {
    SCOPED(server_clear)
    struct server server = {.limits = limits, .listener = listener, .signals = -1};
    int r = server_open(&server);
    bool pausing = false;

    while (r == 0 || is_shortage(r)) {
        struct pollfd waiting[] = {{.fd = server.signals, .events = POLLIN},
                                   {.fd = pausing ? -1 : listener, .events = POLLIN}};
        poll(waiting, 2, pausing ? SERVE_PAUSE_MS : -1);

        r = 0;
        if (waiting[0].revents != 0)
            take_signals(&server);
        if (server.ending)
            return -ECANCELED;
        /* All children have their parent's address layout and stack canary. An attacker who makes
         * them crash must not have an unlimited number of guesses. */
        if (server.crashes >= SERVE_CRASHES_MAX)
            return -ENOTRECOVERABLE;
        if (waiting[1].revents != 0)
            r = receive_peer(&server);
        pausing = r < 0;
    }
    return r;
}
