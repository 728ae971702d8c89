/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slot_pair.c - the two slots of an entry as one record: generation N is in slot N mod 2, so that
 * a write never touches the newest.
 */
#include "slot_pair.h"

#include <errno.h>
#include <stdbool.h>

/* The generation of a slot that cannot be read from disk. */
#define UNREADABLE UINT64_MAX

/* Reads the generation that a slot claims: 0 for a slot without a record, or UNREADABLE. */
static uint64_t read_generation(int fd) {
    struct slot_claim claim = {0};
    int r = slot_read_claim(fd, &claim);

    if (r == 0 || r == -EPROTONOSUPPORT)
        return claim.generation;
    if (r == -ENODATA || r == -ENOENT || r == -EBADMSG)
        return 0;
    return UNREADABLE;
}

static void read_generations(const struct slot_pair *pair, uint64_t ret[SLOT_COUNT]) {
    for (int i = 0; i < SLOT_COUNT; i++)
        ret[i] = read_generation(pair->fds[i]);
}

/* Returns whether the slots are as they were when the pair was last loaded or stored. A slot that
 * cannot be read does not count as changed: a token that was just issued must not be lost because
 * of that. */
static bool is_unchanged(const struct slot_pair *pair) {
    uint64_t now[SLOT_COUNT];
    read_generations(pair, now);
    for (int i = 0; i < SLOT_COUNT; i++)
        if (now[i] != pair->seen[i] && now[i] != UNREADABLE && pair->seen[i] != UNREADABLE)
            return false;
    return true;
}

int slot_pair_load(struct slot_pair *pair, const struct slot_binding *binding, struct record *ret) {
    int errors[SLOT_COUNT] = {0};

    read_generations(pair, pair->seen);
    /* Never guess which one is the newest: the token of the older one may be used up. */
    if (pair->seen[0] == UNREADABLE || pair->seen[1] == UNREADABLE)
        return -EIO;

    int newest = pair->seen[1] > pair->seen[0];
    record_clear(ret);
    for (int i = 0; i < SLOT_COUNT; i++) {
        errors[i] = slot_load(pair->fds[i == 0 ? newest : !newest], binding, ret);
        if (errors[i] == 0) {
            pair->generation = ret->generation;
            return 0;
        }
        /* Fall back to the older slot only after an interrupted write, not when the newest belongs
         * to another owner or to a newer version. */
        if (errors[i] != -EBADMSG && errors[i] != -ENODATA && errors[i] != -ENOENT)
            return errors[i];
    }

    pair->generation = 0;
    /* A pair whose first write was interrupted has one vacant slot left, and holds no record yet.
     */
    if (errors[0] == -ENOENT || errors[1] == -ENOENT)
        return -ENOENT;
    return errors[0];
}

int slot_pair_replace(struct slot_pair *pair, const struct slot_binding *binding,
                      struct record *record) {
    if (record->generation != pair->generation || !is_unchanged(pair))
        return -ESTALE;

    record->generation++;
    int r = slot_store(pair->fds[record->generation % SLOT_COUNT], binding, record);
    read_generations(pair, pair->seen);
    if (r < 0) {
        record->generation--;
        return r;
    }
    pair->generation = record->generation;
    return 0;
}

int slot_pair_reserve(struct slot_pair *pair, const struct record *record) {
    int r = 0;
    for (int i = 0; r >= 0 && i < SLOT_COUNT; i++)
        r = slot_reserve(pair->fds[i], record);
    return r;
}

int slot_pair_vacate(struct slot_pair *pair) {
    for (uint64_t i = 1; i <= SLOT_COUNT;
         i++) { /* vacate the newest last: otherwise the older record would be used */
        int r = slot_vacate(pair->fds[(pair->generation + i) % SLOT_COUNT]);
        if (r < 0)
            return r;
    }
    read_generations(pair, pair->seen);
    pair->generation = 0;
    return 0;
}
