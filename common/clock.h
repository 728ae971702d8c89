/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.h - the two clocks. Waiting and sharing go by the boot clock, which nobody can set;
 * what must hold across a reboot (token life, offline grace) by the wall clock.
 */
#ifndef OAUTH_LOGIN_COMMON_CLOCK_H
#define OAUTH_LOGIN_COMMON_CLOCK_H

#include <stdint.h>

enum { CLOCK_BOOT_ID_SIZE = 37 };

/* Milliseconds since boot, sleep included (CLOCK_BOOTTIME). */
int64_t clock_boot_ms(void);

/* Seconds since 1970 by the wall clock. */
int64_t clock_wall(void);

/* This boot's id; "" where the kernel does not tell, and then nothing is shared across it. */
void clock_boot_id(char ret_id[CLOCK_BOOT_ID_SIZE]);

#endif
