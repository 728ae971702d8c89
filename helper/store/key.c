/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * key.c - the store's master key.
 *
 * It MUST be made only once: records sealed under an earlier key would be lost. So it is made only
 * when nothing is stored yet, and is written completely before it gets its name. If two processes
 * make it at the same time, the first one wins.
 */
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "file.h"
#include "scoped.h"
#include "seal.h"

static int read_master(int root, const char *path, struct secret *ret, struct reason *reason) {
    SCOPED_FD int fd = store_file_open(root, path, "key", O_RDONLY, reason);
    if (fd < 0)
        return fd;

    int r = secret_read(ret, fd, SEAL_KEY_SIZE);
    if (r < 0 && r != -E2BIG)
        return reason_set(reason, r, "cannot read %s/key: %s", path, strerror(-r));
    if (r < 0 || ret->length != SEAL_KEY_SIZE)
        return reason_set(reason, -EBADMSG, "%s/key is not %d bytes; restore it from a backup",
                          path, SEAL_KEY_SIZE);
    return 0;
}

static int write_master(int fd) {
    SCOPED_SECRET struct secret key = {0};
    uint8_t bytes[SEAL_KEY_SIZE];

    int r = seal_random(bytes, sizeof bytes);
    if (r >= 0)
        r = secret_set(&key, bytes, sizeof bytes, sizeof bytes);
    explicit_bzero(bytes, sizeof bytes);
    if (r < 0)
        return r;

    return write(fd, key.data, key.length) != SEAL_KEY_SIZE || fsync(fd) < 0 ? -EIO : 0;
}

static int make_master(int root, const char *path, struct reason *reason) {
    static const char name[] = ".key";

    /* A file of this name was left by a process that died: only one process at a time creates
     * entries. */
    unlinkat(root, name, 0);
    SCOPED_FD int fd = store_file_open(root, path, name, O_WRONLY | O_CREAT | O_EXCL, reason);
    int r = fd < 0 ? fd : write_master(fd);
    if (r < 0)
        r = reason_set(reason, r, "cannot write %s/%s: %s", path, name, strerror(-r));
    else if (renameat2(root, name, root, "key", RENAME_NOREPLACE) < 0 && errno != EEXIST)
        r = reason_set(reason, -errno, "cannot create %s/key: %s", path, strerror(errno));
    else if (fsync(root) < 0)
        r = reason_set(reason, -errno, "cannot sync %s: %s", path, strerror(errno));

    unlinkat(root, name, 0);
    return r;
}

int store_key_derive(int root, const char *path, const struct store_owner *owner, bool make,
                     struct secret *ret_key, struct reason *reason) {
    SCOPED_SECRET struct secret master = {0};
    char info[512];

    int r = read_master(root, path, &master, reason);
    if (r == -ENOENT && make)
        r = make_master(root, path, reason);
    if (r == 0 && master.length == 0)
        r = read_master(root, path, &master, reason);
    if (r == -ENOENT)
        return reason_set(reason, -ENOKEY,
                          "the master key %s/key is missing, so no stored grant "
                          "can be opened; restore it from a backup, or remove %s/accounts and "
                          "enroll everybody again",
                          path, path);
    if (r < 0)
        return r;

    int size = snprintf(info, sizeof info, "oauth-login account key 1%c%s%c%u", 0, owner->account,
                        0, owner->uid);
    if (size < 0 || (size_t)size >= sizeof info)
        return reason_set(reason, -ENAMETOOLONG, "the account's name is too long");
    r = seal_derive(&master, info, (size_t)size, ret_key);
    return r < 0 ? reason_set(reason, r, "cannot derive the account's key: %s", strerror(-r)) : 0;
}
