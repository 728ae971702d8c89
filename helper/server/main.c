/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - oauth-login-helper: one question on standard input, one answer; or as the resident
 * helper, the same in a child for each that comes to its socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

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

static int usage(const char *what) {
    fprintf(stderr,
            "oauth-login-helper: %s\n"
            "It answers the one peer on its standard input, a local socket, and ends; the PAM\n"
            "module and oauth-login(1) start it so. As the resident helper it answers all that\n"
            "come to the socket that systemd hands over, or to one that it makes. Usage:\n"
            "oauth-login-helper [--serve | --listen PATH] [--config PATH]\n",
            what);
    return EXIT_USAGE;
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

/* Puts /dev/null at 0..2: no library's stray line shall reach a peer, or a terminal. */
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

/* A renewal that was sent must be stored: whoever stops the service or the session that this was
 * started from, shutdown among them, must not end it. It ends by itself, within RENEWAL_LINGER_MS.
 * SIGXFSZ: the store says what it could not write. What came to a child of the resident helper
 * while it was blocked is dropped here. */
static void ignore_signals(void) {
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGXFSZ};
    sigset_t none;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        signal(numbers[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Everybody's path, once the peer's socket is above 2. */
static void reply(int peer, const struct arguments *arguments) {
    ignore_signals();
    umask(077);
    dispatch_request(peer, arguments->config, arguments->serve || arguments->listen);
}

static int answer_one(const struct arguments *arguments) {
    if (!is_local_socket(STDIN_FILENO))
        return usage("standard input is not a local socket");
    if (sandbox_begin() < 0)
        return usage("the kernel refused prctl or setrlimit");
    int peer = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    if (peer < 0 || silence() < 0)
        return usage("cannot open /dev/null");
    reply(peer, arguments);
    return 0;
}

static int fail(const char *what) {
    fprintf(stderr, "oauth-login-helper: %s\n", what);
    return EXIT_FAILED;
}

/* Whatever the starter closed: a socket must not become standard error. */
static void fill_descriptors(void) {
    int fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO)
        fd = dup(fd);
    scoped_close(&fd);
}

static int reside(const struct arguments *arguments) {
    struct helper_config limits;
    struct reason reason = {""};
    fill_descriptors();
    SCOPED_FD int listener =
        arguments->listen ? listener_make(arguments->listen, &reason) : listener_take(&reason);
    if (listener < 0 || listener_drop_root(&reason) < 0)
        return fail(reason.text);
    clearenv(); /* what a helper that root starts is born without */
    if (sandbox_begin() < 0)
        return fail("the kernel refused prctl or setrlimit");
    if (config_read_helper(arguments->config, &limits, &reason) < 0)
        fprintf(stderr, "oauth-login-helper: %s; going on with the limits as they are unset\n",
                reason.text);
    SCOPED_FD int peer = serve_peers(listener, &limits);
    if (peer < 0)
        return peer == -ECANCELED         ? 0
               : peer == -ENOTRECOVERABLE ? fail("too many of its children have crashed")
                                          : fail(strerror(-peer));
    scoped_close(&listener);
    if (silence() == 0)
        reply(peer, arguments);
    return 0;
}

int main(int argc, char **argv) {
    struct arguments arguments;
    if (!parse(argc, argv, &arguments))
        return usage("wrong arguments");
    return arguments.serve || arguments.listen ? reside(&arguments) : answer_one(&arguments);
}
