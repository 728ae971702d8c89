/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loopback.c - the listener to which the provider redirects the browser.
 *
 * It MUST serve the user's browser while other clients keep it busy: connections are polled
 * together, each has a few seconds and 8 KiB, and the oldest makes room for a new one. It MUST NOT
 * use up its process's CPU time on unknown clients, hence the pauses.
 */
#include "loopback.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "scoped.h"

enum {
    CONNECTIONS_MAX = 16,
    CONNECTION_MS = 5000,
    BACKLOG = 128,
    PAUSE_MS = 20, /* after a round in which unknown clients were served */
};

struct connection {
    int fd; /* -1: free */
    int64_t since_ms;
    size_t used;
    char head[AUTHORIZATION_HEAD_MAX];
};

struct loopback {
    int fd;
    uint32_t port;
    bool disturbed; /* by unknown clients, in this round */
    struct connection connections[CONNECTIONS_MAX];
};

static void end_connection(struct connection *connection) {
    scoped_close(&connection->fd);
    explicit_bzero(connection->head, sizeof connection->head);
    connection->used = 0;
}

static void stop_listening(struct loopback *loopback) {
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        end_connection(&loopback->connections[i]);
    scoped_close(&loopback->fd);
}

void loopback_close(struct loopback **loopback) {
    if (*loopback)
        stop_listening(*loopback);
    free(*loopback);
    *loopback = NULL;
}

uint32_t loopback_port(const struct loopback *loopback) {
    return loopback->port;
}

/* Listens at `port`, or at a free port if that is 0. Returns the descriptor, with the port in
 * `ret_port`. */
static int listen_at(uint32_t port, uint32_t *ret_port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof address;
    int on = 1; /* SO_REUSEADDR: the port may have been used a minute ago */
    SCOPED_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0)
        return -errno;
    *ret_port = ntohs(address.sin_port);
    return scoped_take_fd(&fd);
}

int loopback_open(uint32_t port, struct loopback **ret) {
    SCOPED_LOOPBACK struct loopback *loopback = calloc(1, sizeof *loopback);

    if (!loopback)
        return -ENOMEM;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        loopback->connections[i].fd = -1;
    loopback->fd = listen_at(port, &loopback->port);
    if (loopback->fd < 0)
        return loopback->fd;

    *ret = loopback;
    loopback = NULL;
    return 0;
}

static void respond(const struct connection *connection, const char *status, const char *text) {
    char response[1024];
    int size = snprintf(response, sizeof response,
                        "HTTP/1.1 %s\r\n"
                        "Content-Type: text/html; charset=utf-8\r\n"
                        "Content-Length: %zu\r\n"
                        "Cache-Control: no-store\r\n"
                        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
                        "Referrer-Policy: no-referrer\r\n"
                        "X-Content-Type-Options: nosniff\r\n"
                        "Connection: close\r\n\r\n%s",
                        status, strlen(text), text);

    /* The response fits into the socket's buffer. It does not matter if the client is gone. */
    if (send(connection->fd, response, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT) == size)
        shutdown(connection->fd, SHUT_WR);
}

/* Reads from the connection. True when it has brought the authorization response to our request. */
static bool serve(struct loopback *loopback, struct connection *connection,
                  const struct secret *state, struct authorization_response *ret) {
    static const char thanks[] =
        "<!DOCTYPE html><html lang=\"en\"><title>oauth-login</title>"
        "<p>oauth-login has received the provider's response; the terminal shows the result. "
        "You can close this window.</p></html>\n";
    ssize_t got = recv(connection->fd, connection->head + connection->used,
                       sizeof connection->head - connection->used, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return false;

    enum authorization_response_kind kind = AUTHORIZATION_MALFORMED;
    if (got > 0) {
        connection->used += (size_t)got;
        kind = authorization_response_read(connection->head, connection->used, loopback->port, ret);
    }
    if (kind == AUTHORIZATION_UNFINISHED)
        return false;

    bool ours = kind == AUTHORIZATION_RESPONSE && secret_equal(&ret->state, state);
    if (ours)
        respond(connection, "200 OK", thanks);
    else if (got > 0 && kind == AUTHORIZATION_MALFORMED)
        respond(connection, "400 Bad Request", "Bad request\n");
    else if (got > 0)
        respond(connection, "404 Not Found", "Not found\n");
    if (!ours)
        authorization_response_clear(ret);
    loopback->disturbed |= !ours;
    end_connection(connection);
    return ours;
}

/* Returns a free connection; if there is none, ends the oldest one and returns that. */
static struct connection *make_room(struct loopback *loopback) {
    struct connection *oldest = &loopback->connections[0];

    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &loopback->connections[i];
        if (connection->fd < 0)
            return connection;
        if (connection->since_ms < oldest->since_ms)
            oldest = connection;
    }
    loopback->disturbed = true;
    end_connection(oldest);
    return oldest;
}

/* Accepts the waiting clients, at most CONNECTIONS_MAX: a client accepted in this round must not be
 * closed to make room before the next round has read from it. */
static void admit(struct loopback *loopback) {
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        int fd = accept4(loopback->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            loopback->disturbed |= errno != EAGAIN;
            return;
        }
        struct connection *connection = make_room(loopback);
        connection->fd = fd;
        connection->since_ms = clock_boot_ms();
    }
}

static void end_slow_ones(struct loopback *loopback) {
    int64_t since_ms = clock_boot_ms() - CONNECTION_MS;

    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        if (loopback->connections[i].since_ms <= since_ms)
            end_connection(&loopback->connections[i]);
}

/* Polls for one round. 1 when `ret` is filled, 0 to go on, -ECONNRESET when the peer hung up. */
static int poll_once(struct loopback *loopback, const struct secret *state, const struct peer *peer,
                     int64_t until_ms, struct authorization_response *ret) {
    struct pollfd waiting[CONNECTIONS_MAX + 2];
    int64_t left = until_ms - clock_boot_ms();

    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        waiting[i] = (struct pollfd){.fd = loopback->connections[i].fd, .events = POLLIN};
    waiting[CONNECTIONS_MAX] = (struct pollfd){.fd = loopback->fd, .events = POLLIN};
    waiting[CONNECTIONS_MAX + 1] = (struct pollfd){.fd = peer->fd, .events = POLLRDHUP};
    if (left < 0)
        left = 0;
    if (left > CONNECTION_MS)
        left = CONNECTION_MS;
    if (poll(waiting, CONNECTIONS_MAX + 2, (int)left) < 0)
        return 0;
    if (waiting[CONNECTIONS_MAX + 1].revents)
        return -ECONNRESET;

    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        if (waiting[i].revents && serve(loopback, &loopback->connections[i], state, ret))
            return 1;
    if (waiting[CONNECTIONS_MAX].revents)
        admit(loopback);
    end_slow_ones(loopback);
    return 0;
}

int loopback_wait(struct loopback *loopback, const struct secret *state, const struct peer *peer,
                  int64_t until_ms, struct authorization_response *ret) {
    int r = 0;

    while (r == 0) {
        if (clock_boot_ms() >= until_ms)
            r = -ETIMEDOUT;
        else
            r = poll_once(loopback, state, peer, until_ms, ret);
        if (r == 0 && loopback->disturbed && !peer_wait(peer, PAUSE_MS))
            r = -ECONNRESET;
        loopback->disturbed = false;
    }
    stop_listening(loopback);
    return r < 0 ? r : 0;
}
