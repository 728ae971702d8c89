/*
 * store_change.c - making and removing entries, one process at a time.
 */
#include "store_change.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lock.h"
#include "moment.h"
#include "scoped.h"

enum { CHANGE_PATIENCE_MS = 5000 };

void store_change_remove(int accounts, const char *name) {
    static const char *const files[] = {"record.0", "record.1", "lock"};
    SCOPED_FD int dir = openat(accounts, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (dir < 0)
        return;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        unlinkat(dir, files[i], 0);
    unlinkat(accounts, name, AT_REMOVEDIR);
}

int store_change_begin(int accounts, const char *path, struct reason *reason) {
    int r = lock_wait(accounts, moment_boot_ms() + CHANGE_PATIENCE_MS);
    if (r < 0)
        return reason_set(reason, r, "cannot lock accounts/ for %s: %s", path, strerror(-r));
    store_change_remove(accounts, STORE_CHANGE_UNFINISHED);
    store_change_remove(accounts, STORE_CHANGE_REMOVED);
    return 0;
}

void store_change_end(int accounts) {
    flock(accounts, LOCK_UN);
}
