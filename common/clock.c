/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.c - the boot clock and the wall clock.
 */
#include "clock.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "scoped.h"

int64_t clock_boot_ms(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_wall(void) {
    return (int64_t)time(NULL);
}

void clock_boot_id(char ret_id[CLOCK_BOOT_ID_SIZE]) {
    SCOPED_FD int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, ret_id, CLOCK_BOOT_ID_SIZE - 1) : 0;
    ret_id[got == CLOCK_BOOT_ID_SIZE - 1 ? got : 0] = '\0';
}
