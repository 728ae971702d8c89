/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.c - the store in files, in a directory that belongs to the helper's own user:
 *
 *   key                        the master key
 *   accounts/NAME/lock         locked (flock) around a load and the replaces that follow it
 *   accounts/NAME/record.0     the two slots (slot_pair.c): generation N is in record.(N mod 2)
 *   accounts/NAME/record.1
 *
 * An entry is made as `.new` and renamed when it is complete, one at a time under the lock of
 * `accounts`. So an entry that exists is complete, and one whose slots are both empty was tampered
 * with. Removing a grant happens inside the sandbox, which allows no file to be removed: the slots
 * are marked vacant instead.
 */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "file.h"
#include "key.h"
#include "lock.h"
#include "new_entry.h"
#include "scoped.h"
#include "slot_pair.h"
#include "text.h"

static const char slot_names[SLOT_COUNT][9] = {"record.0", "record.1"};

struct store {
    char path[PATH_MAX - 512];
    int root;
    int accounts; /* -1: not made yet */
};

struct store_entry {
    char path[PATH_MAX];
    struct slot_binding binding;
    struct slot_pair slots;
    int lock;
};

void store_close(struct store **store) {
    if (!*store)
        return;
    scoped_close(&(*store)->root);
    scoped_close(&(*store)->accounts);
    free(*store);
    *store = NULL;
}

void store_entry_close(struct store_entry **entry) {
    if (!*entry)
        return;
    scoped_close(&(*entry)->lock);
    for (int i = 0; i < SLOT_COUNT; i++)
        scoped_close(&(*entry)->slots.fds[i]);
    secret_clear(&(*entry)->binding.key);
    free(*entry);
    *entry = NULL;
}

static void accounts_path(const struct store *store, char ret[PATH_MAX]) {
    snprintf(ret, PATH_MAX, "%s/accounts", store->path);
}

static int open_accounts(struct store *store, struct reason *reason) {
    int r = store_file_open_dir(store->root, store->path, "accounts", reason);
    store->accounts = r >= 0 ? r : -1;
    return r >= 0 || r == -ENOENT ? 0 : r;
}

int store_open(const char *path, struct store **ret, struct reason *reason) {
    SCOPED_STORE struct store *store = calloc(1, sizeof *store);
    if (!store || !text_copy(store->path, sizeof store->path, path))
        return reason_set(reason, -ENOMEM,
                          "cannot open the store %s: path too long, or memory ran out", path);
    store->accounts = -1;
    store->root = store_file_open_dir(AT_FDCWD, path, NULL, reason);
    if (store->root == -ENOENT)
        return reason_set(reason, -ENOENT,
                          "the store %s is missing; run: make install, or: "
                          "install -d -m 0700 -o oauth-login -g oauth-login %s",
                          path, path);
    if (store->root < 0)
        return store->root;

    int r = store_file_check_parent(store->root, path, reason);
    if (r >= 0)
        r = open_accounts(store, reason);
    if (r < 0)
        return r;
    *ret = store;
    store = NULL;
    return 0;
}

static int open_files(struct store_entry *entry, int dir, int flags, struct reason *reason) {
    entry->lock = store_file_open(dir, entry->path, "lock", O_RDWR | flags, reason);
    int r = entry->lock < 0 ? entry->lock : 0;
    for (int i = 0; r >= 0 && i < SLOT_COUNT; i++)
        r = entry->slots.fds[i] =
            store_file_open(dir, entry->path, slot_names[i], O_RDWR | flags, reason);
    if (r == -ENOENT) /* to our caller -ENOENT would mean "not enrolled" */
        return reason_set(reason, -EBADMSG, "%s is incomplete; remove it and enroll %s again",
                          entry->path, entry->binding.owner.account);
    return r < 0 ? r : 0;
}

static struct store_entry *new_entry(const struct store *store, const struct store_owner *owner) {
    struct store_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->binding.owner = *owner;
    entry->lock = entry->slots.fds[0] = entry->slots.fds[1] = -1;
    snprintf(entry->path, sizeof entry->path, "%s/accounts/%s", store->path, owner->account);
    return entry;
}

static bool is_entry_name(const char *name) {
    return name[0] != '\0' && name[0] != '.' && !strchr(name, '/') && strlen(name) <= NAME_MAX;
}

int store_entry_open(struct store *store, const struct store_owner *owner, struct store_entry **ret,
                     struct reason *reason) {
    if (!is_entry_name(owner->account))
        return reason_set(reason, -EINVAL, "'%s' cannot be an account's name", owner->account);
    if (store->accounts < 0)
        return -ENOENT;
    SCOPED_ENTRY struct store_entry *entry = new_entry(store, owner);
    if (!entry)
        return reason_set(reason, -ENOMEM, "out of memory");

    char parent[PATH_MAX];
    accounts_path(store, parent);
    SCOPED_FD int dir = store_file_open_dir(store->accounts, parent, owner->account, reason);
    if (dir < 0)
        return dir;

    int r = open_files(entry, dir, 0, reason);
    if (r >= 0)
        r = slot_read_machine(entry->binding.machine, reason);
    if (r >= 0)
        r = store_key_derive(store->root, store->path, owner, false, &entry->binding.key, reason);
    if (r < 0)
        return r;
    *ret = entry;
    entry = NULL;
    return 0;
}

static int make_accounts(struct store *store, struct reason *reason) {
    if (store->accounts >= 0)
        return 0;
    if ((mkdirat(store->root, "accounts", 0700) < 0 && errno != EEXIST) || fsync(store->root) < 0)
        return reason_set(reason, -errno, "cannot make %s/accounts: %s", store->path,
                          strerror(errno));
    return open_accounts(store, reason);
}

static int stop_at_first(const struct store_owner *owner, void *context) {
    (void)owner;
    (void)context;
    return -EEXIST;
}

static int fill_slots(struct store_entry *entry, struct record *record, struct reason *reason) {
    if (!record)
        return store_entry_vacate(entry, reason);
    int r = store_entry_replace(entry, record, reason);
    return r < 0 ? r : store_entry_reserve(entry, record, reason);
}

/* Makes the directory `name` with everything that an entry has; the caller renames it. */
static int fill_entry(struct store *store, struct store_entry *entry, const char *name,
                      struct record *record, struct reason *reason) {
    /* A new master key beside existing records would orphan them all. */
    bool first = store_each(store, stop_at_first, NULL, reason) == 0;
    int r = store_key_derive(store->root, store->path, &entry->binding.owner, first,
                             &entry->binding.key, reason);
    if (r >= 0)
        r = slot_read_machine(entry->binding.machine, reason);
    if (r < 0)
        return r;

    if (mkdirat(store->accounts, name, 0700) < 0)
        return reason_set(reason, -errno, "cannot make %s: %s", entry->path, strerror(errno));

    char parent[PATH_MAX];
    accounts_path(store, parent);
    SCOPED_FD int dir = store_file_open_dir(store->accounts, parent, name, reason);
    r = dir < 0 ? dir : open_files(entry, dir, O_CREAT | O_EXCL, reason);
    if (r >= 0)
        r = fill_slots(entry, record, reason);
    if (r < 0)
        return r;
    if (fsync(dir) < 0)
        return reason_set(reason, -errno, "cannot sync %s: %s", entry->path, strerror(errno));
    return 0;
}

int store_entry_create(struct store *store, const struct store_owner *owner, struct record *record,
                       struct store_entry **ret, struct reason *reason) {
    int r = store_entry_open(store, owner, ret, reason);
    if (r != -ENOENT)
        return r;

    SCOPED_ENTRY struct store_entry *entry = new_entry(store, owner);
    if (!entry)
        return reason_set(reason, -ENOMEM, "out of memory");
    r = make_accounts(store, reason);
    if (r < 0)
        return r;
    r = new_entry_begin(store->accounts, entry->path, reason);
    if (r < 0)
        return r;

    r = fill_entry(store, entry, STORE_UNFINISHED, record, reason);
    if (r >= 0 && (renameat2(store->accounts, STORE_UNFINISHED, store->accounts, owner->account,
                             RENAME_NOREPLACE) < 0 ||
                   fsync(store->accounts) < 0))
        r = reason_set(reason, -errno, "cannot make %s: %s", entry->path, strerror(errno));
    if (r < 0)
        new_entry_sweep(store->accounts);
    new_entry_end(store->accounts);

    if (r == 0) {
        *ret = entry;
        entry = NULL;
        return 0;
    }
    /* Another process has made it in the meantime: open that one. */
    return r == -EEXIST ? store_entry_open(store, owner, ret, reason) : r;
}

int store_entry_lock(struct store_entry *entry, int64_t until_ms, struct reason *reason) {
    struct stat status;
    int r = lock_wait(entry->lock, until_ms);

    if (r == -ETIMEDOUT)
        return reason_set(reason, r, "another login of %s is still waiting for the provider",
                          entry->binding.owner.account);
    if (r < 0)
        return reason_set(reason, r, "cannot lock %s/lock: %s", entry->path, strerror(-r));
    if (fstat(entry->lock, &status) < 0)
        return reason_set(reason, -errno, "cannot stat %s/lock: %s", entry->path, strerror(errno));
    if (status.st_nlink == 0)
        return reason_set(reason, -ENOENT, "%s was removed in the meantime", entry->path);
    return 0;
}

void store_entry_unlock(struct store_entry *entry) {
    flock(entry->lock, LOCK_UN);
}

static int explain_load(const struct store_entry *entry, int error, struct reason *reason) {
    const struct store_owner *owner = &entry->binding.owner;
    struct slot_claim claim = {0};

    if (error == -EKEYREJECTED) {
        for (int i = SLOT_COUNT - 1; i >= 0 && claim.generation == 0; i--)
            slot_read_claim(entry->slots.fds[i], &claim);
        return reason_set(reason, error,
                          "%s holds a grant of account %s, uid %u, provider %s, but "
                          "this is account %s, uid %u, provider %s; if that is intended, "
                          "remove the directory and enroll again",
                          entry->path, claim.account, claim.uid, claim.provider, owner->account,
                          owner->uid, owner->provider);
    }
    if (error == -EBADMSG || error == -ENODATA)
        return reason_set(reason, -EBADMSG,
                          "no record in %s opens: cut off, altered, or sealed on "
                          "another machine or with another master key; remove the directory and "
                          "enroll %s again",
                          entry->path, owner->account);
    if (error == -EPROTONOSUPPORT)
        return reason_set(reason, error, "%s was written by a newer oauth-login", entry->path);
    return reason_set(reason, error, "cannot read %s: %s", entry->path, strerror(-error));
}

int store_entry_load(struct store_entry *entry, struct record *ret, struct reason *reason) {
    int r = slot_pair_load(&entry->slots, &entry->binding, ret);
    return r < 0 && r != -ENOENT ? explain_load(entry, r, reason) : r;
}

int store_entry_replace(struct store_entry *entry, struct record *record, struct reason *reason) {
    int r = slot_pair_replace(&entry->slots, &entry->binding, record);
    if (r == -ESTALE)
        return reason_set(reason, r, "%s changed in the meantime", entry->path);
    if (r < 0)
        return reason_set(reason, r, "cannot write %s: %s", entry->path, strerror(-r));
    return 0;
}

int store_entry_reserve(struct store_entry *entry, const struct record *record,
                        struct reason *reason) {
    int r = slot_pair_reserve(&entry->slots, record);
    if (r < 0)
        return reason_set(reason, r, "cannot make room in %s: %s", entry->path, strerror(-r));
    return 0;
}

int store_entry_vacate(struct store_entry *entry, struct reason *reason) {
    int r = slot_pair_vacate(&entry->slots);
    if (r < 0)
        return reason_set(reason, r, "cannot write %s: %s", entry->path, strerror(-r));
    return 0;
}

static int is_visible(const struct dirent *entry) {
    return is_entry_name(entry->d_name);
}

/* Reads the owner that the newest slot of an entry claims: uid -1 when none can be read. */
static void claimed_owner(int accounts, const char *name, struct slot_claim *ret) {
    *ret = (struct slot_claim){.uid = (uid_t)-1};
    struct reason ignored;
    SCOPED_FD int dir = store_file_open_dir(accounts, "", name, &ignored);
    for (int i = 0; dir >= 0 && i < SLOT_COUNT; i++) {
        SCOPED_FD int fd = store_file_open(dir, "", slot_names[i], O_RDONLY, &ignored);
        struct slot_claim claim = {0};
        if (fd >= 0 && slot_read_claim(fd, &claim) == 0 && claim.generation > ret->generation)
            *ret = claim;
    }
}

int store_each(struct store *store, int (*visit)(const struct store_owner *owner, void *context),
               void *context, struct reason *reason) {
    struct dirent **names = NULL;
    if (store->accounts < 0)
        return 0;

    int count = scandirat(store->accounts, ".", &names, is_visible, alphasort);
    if (count < 0)
        return reason_set(reason, -errno, "cannot list %s/accounts: %s", store->path,
                          strerror(errno));

    int r = 0;
    for (int i = 0; i < count; i++) {
        struct slot_claim claim;
        if (r >= 0) {
            claimed_owner(store->accounts, names[i]->d_name, &claim);
            struct store_owner owner = {names[i]->d_name, claim.uid, claim.provider};
            r = visit(&owner, context);
        }
        free(names[i]);
    }
    free(names);
    return r < 0 ? r : 0;
}
