/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.h - waiting for a file lock, but not for ever.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_LOCK_H
#define OAUTH_LOGIN_HELPER_STORE_LOCK_H

#include <stdint.h>

/* Takes the exclusive flock(2) of `fd`, waiting until `until_ms` of the boot clock: -ETIMEDOUT.
 * Uses SIGALRM and the real-time timer meanwhile, so in a process without other threads only. */
int lock_wait(int fd, int64_t until_ms);

#endif
