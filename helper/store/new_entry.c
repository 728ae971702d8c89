/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * new_entry.c - lets one process at a time make an entry.
 */
#include "new_entry.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "clock.h"
#include "lock.h"
#include "scoped.h"

enum { CHANGE_PATIENCE_MS = 5000 };

void new_entry_sweep(int accounts) {
    static const char *const files[] = {"record.0", "record.1", "lock"};
    SCOPED_FD int dir =
        openat(accounts, STORE_UNFINISHED, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return;

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlinkat(dir, files[i], 0);
    unlinkat(accounts, STORE_UNFINISHED, AT_REMOVEDIR);
}

int new_entry_begin(int accounts, const char *path, struct reason *reason) {
    int r = lock_wait(accounts, clock_boot_ms() + CHANGE_PATIENCE_MS);
    if (r < 0)
        return reason_set(reason, r, "cannot lock accounts/ for %s: %s", path, strerror(-r));
    new_entry_sweep(accounts);
    return 0;
}

void new_entry_end(int accounts) {
    flock(accounts, LOCK_UN);
}
