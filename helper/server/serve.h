/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * serve.h - the resident helper's parent: forks a child for each request.
 */
#ifndef OAUTH_LOGIN_HELPER_SERVER_SERVE_H
#define OAUTH_LOGIN_HELPER_SERVER_SERVE_H

#include "config.h"

/* Accepts peers on `listener`, which MUST be non-blocking, and forks a child for each as long as
 * `limits` allow; a peer beyond them gets the reply FAULT at once. Reads nothing that peers send.
 *
 * Returns in two kinds of processes. In a child: the socket of its peer, with the signals that end
 * the parent still blocked. In the parent: -ECANCELED when SIGTERM, SIGINT or SIGHUP ended it,
 * which does not affect its children; -ENOTRECOVERABLE when too many of them have crashed, and a
 * new process must take over; else an error from which it cannot recover. */
int serve_peers(int listener, const struct helper_config *limits);

#endif
