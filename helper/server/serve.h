/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * serve.h - the resident helper: a child of its own for each question.
 */
#ifndef OAUTH_LOGIN_HELPER_SERVER_SERVE_H
#define OAUTH_LOGIN_HELPER_SERVER_SERVE_H

#include "config.h"

/* Accepts peers on `listener`, which must be non-blocking, and forks a child for each, as long as
 * `limits` allow; who comes beyond them is answered FAULT at once. Of what peers send it reads
 * nothing.
 *
 * Returns in two kinds of processes. In a child: the socket of its peer, with the signals that end
 * the parent still blocked. In the parent: -ECANCELED when SIGTERM, SIGINT or SIGHUP told it to
 * end, which the children do not notice; -ENOTRECOVERABLE when too many of them have crashed, and
 * a new process must take over; else the error that it can't go on with. */
int serve_peers(int listener, const struct helper_config *limits);

#endif
