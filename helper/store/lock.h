/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.h - takes a file lock, waiting until a deadline.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_LOCK_H
#define OAUTH_LOGIN_HELPER_STORE_LOCK_H

#include <stdint.h>

/* Takes the exclusive flock(2) of `fd`, waiting until `until_ms` of the boot clock: -ETIMEDOUT.
 * Uses SIGALRM and the real-time timer meanwhile: the process MUST have no other threads. */
int lock_wait(int fd, int64_t until_ms);

#endif
