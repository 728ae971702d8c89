/*
 * main.c - oauth-login-helper: one question on standard input, one answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "sandbox.h"
#include "scoped.h"
#include "visit.h"

enum { EXIT_USAGE = 2 };

static int usage(const char *what) {
    fprintf(stderr,
            "oauth-login-helper: %s\n"
            "It answers the one peer on its standard input, a local socket, and ends; the PAM\n"
            "module and oauth-login(1) start it so. Usage: oauth-login-helper [--config PATH]\n",
            what);
    return EXIT_USAGE;
}

static bool is_local_socket(int fd) {
    int domain = 0;
    socklen_t size = sizeof domain;
    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

/* Moves the peer's socket away from 0..2 and puts /dev/null there: no library's stray line shall
 * reach the peer. Returns the socket's descriptor. */
static int move_peer(void) {
    SCOPED_FD int peer = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    SCOPED_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (peer < 0 || null < 0)
        return -errno;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (null != fd && dup2(null, fd) < 0)
            return -errno;
    if (null <= STDERR_FILENO)
        scoped_take_fd(&null);
    return scoped_take_fd(&peer);
}

/* A renewal that was sent must be stored: whoever stops the service or the session that this was
 * started from, shutdown among them, must not end it. It ends by itself, within RENEWAL_LINGER_MS.
 * SIGXFSZ: the store says what it could not write. */
static void ignore_signals(void) {
    static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGXFSZ};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        signal(numbers[i], SIG_IGN);
}

int main(int argc, char **argv) {
    const char *config = OAUTH_LOGIN_CONFIG;
    if (argc == 3 && strcmp(argv[1], "--config") == 0)
        config = argv[2];
    else if (argc != 1)
        return usage("wrong arguments");
    if (!is_local_socket(STDIN_FILENO))
        return usage("standard input is not a local socket");
    if (sandbox_begin() < 0)
        return usage("the kernel refused prctl or setrlimit");
    int peer = move_peer();
    if (peer < 0)
        return usage("cannot open /dev/null");
    ignore_signals();
    umask(077);
    visit_receive(peer, config);
    return 0;
}
