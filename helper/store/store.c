/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.c - the store in files, below one directory of the helper's own user:
 *
 *   key                        the master key
 *   accounts/NAME/lock         locked (flock) around a load and the replaces that follow it
 *   accounts/NAME/record.0     the two slots (slot.c): generation N lies in
 *   accounts/NAME/record.1     record.(N mod 2), so that a write never touches the newest
 *
 * An entry is made as `.new` and gets its name by a rename, one at a time under the lock of
 * `accounts`: one that is there is whole, and one whose slots are both empty has been tampered
 * with. What takes the grant out of an entry runs in the sandbox, which removes no file: it says in
 * the slots that they are vacant.
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
#include "slot.h"

enum { SLOTS = 2 };

static const char slot_names[SLOTS][9] = {"record.0", "record.1"};

struct store {
    char path[PATH_MAX - 512];
    int root;
    int accounts; /* -1: not made yet */
};

struct store_entry {
    char path[PATH_MAX];
    struct slot_binding binding;
    uint64_t generation;  /* of the record loaded or stored last; 0: none yet */
    uint64_t seen[SLOTS]; /* what the slots claimed then */
    int lock;
    int slots[SLOTS];
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
    for (int i = 0; i < SLOTS; i++)
        scoped_close(&(*entry)->slots[i]);
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
    if (!store || strlen(path) >= sizeof store->path)
        return reason_set(reason, -ENOMEM, "cannot open the store %s", path);
    strcpy(store->path, path);
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
    for (int i = 0; r >= 0 && i < SLOTS; i++)
        r = entry->slots[i] =
            store_file_open(dir, entry->path, slot_names[i], O_RDWR | flags, reason);
    if (r == -ENOENT) /* never -ENOENT to our caller: that would say "not enrolled" */
        return reason_set(reason, -EBADMSG, "%s is incomplete; remove it and enroll %s anew",
                          entry->path, entry->binding.owner.account);
    return r < 0 ? r : 0;
}

static struct store_entry *new_entry(const struct store *store, const struct store_owner *owner) {
    struct store_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    entry->binding.owner = *owner;
    entry->lock = entry->slots[0] = entry->slots[1] = -1;
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
    (void) owner;
    (void) context;
    return -EEXIST;
}

static int fill_slots(struct store_entry *entry, struct record *record, struct reason *reason) {
    if (!record)
        return store_entry_vacate(entry, reason);
    int r = store_entry_replace(entry, record, reason);
    return r < 0 ? r : store_entry_reserve(entry, record, reason);
}

/* Fills the directory `name`, which is not an entry yet, with everything an entry has. */
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
    return fsync(dir) < 0
               ? reason_set(reason, -errno, "cannot sync %s: %s", entry->path, strerror(errno))
               : 0;
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
    /* Somebody made it in the meantime: then that one is the entry. */
    return r == -EEXIST ? store_entry_open(store, owner, ret, reason) : r;
}

int store_entry_lock(struct store_entry *entry, int64_t until_ms, struct reason *reason) {
    struct stat status;
    int r = lock_wait(entry->lock, until_ms);
    if (r == -ETIMEDOUT)
        return reason_set(reason, r, "another login of %s still waits for the provider",
                          entry->binding.owner.account);
    if (r < 0)
        return reason_set(reason, r, "cannot lock %s/lock: %s", entry->path, strerror(-r));
    if (fstat(entry->lock, &status) < 0)
        return reason_set(reason, -errno, "cannot look at %s/lock: %s", entry->path,
                          strerror(errno));
    return status.st_nlink > 0
               ? 0
               : reason_set(reason, -ENOENT, "%s was removed meanwhile", entry->path);
}

void store_entry_unlock(struct store_entry *entry) {
    flock(entry->lock, LOCK_UN);
}

/* The generations that the slots claim: 0 for one that claims none, UINT64_MAX for one that the
 * disk does not give. */
static void read_generations(const struct store_entry *entry, uint64_t ret[SLOTS]) {
    for (int i = 0; i < SLOTS; i++) {
        struct slot_claim claim = {0};
        int r = slot_read_claim(entry->slots[i], &claim);
        bool none = r == -ENODATA || r == -ENOENT || r == -EBADMSG;
        ret[i] = r == 0 || r == -EPROTONOSUPPORT ? claim.generation : none ? 0 : UINT64_MAX;
    }
}

static int explain_load(const struct store_entry *entry, int error, struct reason *reason) {
    const struct store_owner *owner = &entry->binding.owner;
    struct slot_claim claim = {0};
    if (error == -EKEYREJECTED)
        for (int i = SLOTS - 1; i >= 0 && claim.generation == 0; i--)
            slot_read_claim(entry->slots[i], &claim);
    if (error == -EKEYREJECTED)
        return reason_set(reason, error,
                          "%s holds a grant of account %s, uid %u, provider %s, but "
                          "this is account %s, uid %u, provider %s; if that is as it should be, "
                          "remove the directory and enroll anew",
                          entry->path, claim.account, claim.uid, claim.provider, owner->account,
                          owner->uid, owner->provider);
    if (error == -EBADMSG || error == -ENODATA)
        return reason_set(reason, -EBADMSG,
                          "no record in %s opens: cut off, altered, or sealed on "
                          "another machine or with another master key; remove the directory and "
                          "enroll %s anew",
                          entry->path, owner->account);
    if (error == -EPROTONOSUPPORT)
        return reason_set(reason, error, "%s was written by a newer oauth-login", entry->path);
    return reason_set(reason, error, "cannot read %s: %s", entry->path, strerror(-error));
}

int store_entry_load(struct store_entry *entry, struct record *ret, struct reason *reason) {
    int errors[SLOTS] = {0};
    read_generations(entry, entry->seen);
    /* Which of the two is the newest must be known: the older one's token may be burnt. */
    if (entry->seen[0] == UINT64_MAX || entry->seen[1] == UINT64_MAX)
        return explain_load(entry, -EIO, reason);
    int newest = entry->seen[1] > entry->seen[0];
    record_clear(ret);
    for (int i = 0; i < SLOTS; i++) {
        errors[i] = slot_load(entry->slots[i == 0 ? newest : !newest], &entry->binding, ret);
        if (errors[i] == 0) {
            entry->generation = ret->generation;
            return 0;
        }
        /* Only a write cut short lets the older slot count: another owner's, or a newer
         * version's, is no such thing. */
        if (errors[i] != -EBADMSG && errors[i] != -ENODATA && errors[i] != -ENOENT)
            return explain_load(entry, errors[i], reason);
    }
    entry->generation = 0;
    if (errors[0] == -ENOENT || errors[1] == -ENOENT) /* the first write may have been cut short */
        return -ENOENT;
    return explain_load(entry, errors[0], reason);
}

/* Whether the slots are as they were when this entry was loaded or stored last. What the disk
 * does not give is no change: a token that has just come must not be lost to that. */
static bool is_unchanged(const struct store_entry *entry) {
    uint64_t now[SLOTS];
    read_generations(entry, now);
    for (int i = 0; i < SLOTS; i++)
        if (now[i] != entry->seen[i] && now[i] != UINT64_MAX && entry->seen[i] != UINT64_MAX)
            return false;
    return true;
}

int store_entry_replace(struct store_entry *entry, struct record *record, struct reason *reason) {
    if (record->generation != entry->generation || !is_unchanged(entry))
        return reason_set(reason, -ESTALE, "%s changed meanwhile", entry->path);
    record->generation++;
    int r = slot_store(entry->slots[record->generation % SLOTS], &entry->binding, record);
    read_generations(entry, entry->seen);
    if (r < 0) {
        record->generation--;
        return reason_set(reason, r, "cannot write %s: %s", entry->path, strerror(-r));
    }
    entry->generation = record->generation;
    return 0;
}

int store_entry_reserve(struct store_entry *entry, const struct record *record,
                        struct reason *reason) {
    for (int i = 0; i < SLOTS; i++) {
        int r = slot_reserve(entry->slots[i], record);
        if (r < 0)
            return reason_set(reason, r, "cannot make room in %s: %s", entry->path, strerror(-r));
    }
    return 0;
}

int store_entry_vacate(struct store_entry *entry, struct reason *reason) {
    for (int i = 1; i <= SLOTS; i++) { /* the newest last: an older one must never count again */
        int r = slot_vacate(entry->slots[(entry->generation + (uint64_t) i) % SLOTS]);
        if (r < 0)
            return reason_set(reason, r, "cannot write %s: %s", entry->path, strerror(-r));
    }
    read_generations(entry, entry->seen);
    entry->generation = 0;
    return 0;
}

static int is_visible(const struct dirent *entry) {
    return is_entry_name(entry->d_name);
}

static void claimed_owner(int accounts, const char *name, struct slot_claim *ret) {
    *ret = (struct slot_claim){.uid = (uid_t) -1};
    struct reason ignored;
    SCOPED_FD int dir = store_file_open_dir(accounts, "", name, &ignored);
    for (int i = 0; dir >= 0 && i < SLOTS; i++) {
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
