/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loopback.h - the listener to which the provider redirects the browser (RFC 8252 section 7.3), on
 * 127.0.0.1 only. Every local user and every web page can reach it: a client that does not know the
 * state can neither complete the wait nor abort it.
 */
#ifndef OAUTH_LOGIN_HELPER_ENROLL_LOOPBACK_H
#define OAUTH_LOGIN_HELPER_ENROLL_LOOPBACK_H

#include <stdint.h>

#include "authorization_response.h"
#include "peer.h"
#include "secret.h"

struct loopback;

#define SCOPED_LOOPBACK __attribute__((cleanup(loopback_close)))

/* Listens at `port`, or at a free one when that is 0. The caller closes it with loopback_close().
 * -EADDRINUSE, -EACCES (a port below 1024), -ENOMEM, or another error of socket(2). */
int loopback_open(uint32_t port, struct loopback **ret);
void loopback_close(struct loopback **loopback);

/* Returns the port that it listens at. */
uint32_t loopback_port(const struct loopback *loopback);

/* Waits until `until_ms` of the boot clock for the one authorization response that has this
 * `state`, puts it into `ret`, which must be cleared, and sends the browser a page. Stops listening
 * before it returns. -ETIMEDOUT; -ECONNRESET when the peer hung up. */
int loopback_wait(struct loopback *loopback, const struct secret *state, const struct peer *peer,
                  int64_t until_ms, struct authorization_response *ret);

#endif
