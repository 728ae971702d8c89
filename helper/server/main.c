/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - oauth-login-helper: serves the one request on its standard input; or, as the resident
 * helper, each request that comes to its socket, in a child of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dispatch.h"
#include "listener.h"
#include "load.h"
#include "sandbox.h"
#include "scoped.h"
#include "serve.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct arguments {
    const char *config;
    const char *listen; /* the path, with --listen */
    bool serve;
};

static int fail_usage(const char *what) {
    fprintf(stderr,
            "oauth-login-helper: %s\n"
            "Usage: oauth-login-helper [--serve | --listen PATH] [--config PATH]\n"
            "Without --serve and --listen it serves one request on its standard input, a local\n"
            "socket, and exits; the PAM module and oauth-login(1) start it this way. With them it\n"
            "is the resident helper: --serve uses the socket that systemd hands over, and\n"
            "--listen makes one at PATH.\n",
            what);
    return EXIT_USAGE;
}

static int fail(const char *what) {
    fprintf(stderr, "oauth-login-helper: %s\n", what);
    return EXIT_FAILED;
}

static bool parse(int argc, char **argv, struct arguments *ret) {
    *ret = (struct arguments){.config = OAUTH_LOGIN_CONFIG};
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--serve") == 0)
            ret->serve = true;
        else if (has_value && strcmp(argv[i], "--config") == 0)
            ret->config = argv[++i];
        else if (has_value && strcmp(argv[i], "--listen") == 0)
            ret->listen = argv[++i];
        else
            return false;
    }
    return !(ret->serve && ret->listen);
}

static bool is_local_socket(int fd) {
    int domain = 0;
    socklen_t size = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

/* Puts /dev/null at descriptors 0 to 2, so that no stray line of a library reaches a peer or a
 * terminal. */
static int silence(void) {
    SCOPED_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return -errno;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (null != fd && dup2(null, fd) < 0)
            return -errno;
    if (null <= STDERR_FILENO)
        scoped_take_fd(&null);
    return 0;
}

/* A renewal that was sent must be stored. So this process must survive when the service or the
 * session that started it is stopped, even by a shutdown: it ends by itself within
 * RENEWAL_LINGER_MS. SIGXFSZ is ignored since the store reports a failed write. Signals that a
 * child of the resident helper received while they were blocked are dropped here. */
static void ignore_signals(void) {
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGXFSZ};
    sigset_t none;

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        signal(numbers[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Serves the peer, whose socket is above descriptor 2; both kinds of helper come here. */
static void serve_peer(int peer, const struct arguments *arguments) {
    ignore_signals();
    umask(077);
    dispatch_request(peer, arguments->config, arguments->serve || arguments->listen);
}

static int serve_standard_input(const struct arguments *arguments) {
    if (!is_local_socket(STDIN_FILENO))
        return fail_usage("standard input is not a local socket");
    if (sandbox_begin() < 0)
        return fail_usage("the kernel refused prctl or setrlimit");
    int peer = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    if (peer < 0 || silence() < 0)
        return fail_usage("cannot open /dev/null");
    serve_peer(peer, arguments);
    return 0;
}

/* Fills descriptors 0 to 2 that the starting process has closed: a socket must not become standard
 * error. */
static void fill_descriptors(void) {
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = dup(fd);
    scoped_close(&fd);
}

static int run_resident(const struct arguments *arguments) {
    struct helper_config limits;
    struct reason reason = {""};

    fill_descriptors();
    SCOPED_FD int listener =
        arguments->listen ? listener_make(arguments->listen, &reason) : listener_take(&reason);
    if (listener < 0 || listener_drop_root(&reason) < 0)
        return fail(reason.text);
    clearenv(); /* a helper that root starts has no environment either */
    if (sandbox_begin() < 0)
        return fail("the kernel refused prctl or setrlimit");
    if (config_read_helper(arguments->config, &limits, &reason) < 0)
        fprintf(stderr, "oauth-login-helper: %s; using the default limits\n", reason.text);

    SCOPED_FD int peer = serve_peers(listener, &limits);
    if (peer == -ECANCELED)
        return 0;
    if (peer == -ENOTRECOVERABLE)
        return fail("too many of its children have crashed");
    if (peer < 0)
        return fail(strerror(-peer));

    /* In a child: */
    scoped_close(&listener);
    if (silence() == 0)
        serve_peer(peer, arguments);
    return 0;
}

int main(int argc, char **argv) {
    struct arguments arguments;
    if (!parse(argc, argv, &arguments))
        return fail_usage("unknown option, missing value, or both --serve and --listen");
    if (arguments.serve || arguments.listen)
        return run_resident(&arguments);
    return serve_standard_input(&arguments);
}
