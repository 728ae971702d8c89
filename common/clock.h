/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.h - the boot clock and the wall clock. Timeouts and shared verdicts use the boot clock,
 * which can't be set. Times that must hold across a reboot (token lifetime, offline grace) use the
 * wall clock.
 */
#ifndef OAUTH_LOGIN_COMMON_CLOCK_H
#define OAUTH_LOGIN_COMMON_CLOCK_H

#include <stdint.h>

enum { CLOCK_BOOT_ID_SIZE = 37 };

/* Returns milliseconds since boot, including time asleep (CLOCK_BOOTTIME). */
int64_t clock_boot_ms(void);

/* Returns seconds since 1970 by the wall clock. */
int64_t clock_wall(void);

/* Fills in the id of this boot: times of the boot clock may be compared only if they are from the
 * same boot. "" where the kernel does not provide it; verdicts are not shared then. */
void clock_boot_id(char ret_id[CLOCK_BOOT_ID_SIZE]);

#endif
