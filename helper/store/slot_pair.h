/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slot_pair.h - the two slots of an entry as one record: which of them is the newest, whether
 * another process has written one meanwhile, and which one the next write goes to.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_SLOT_PAIR_H
#define OAUTH_LOGIN_HELPER_STORE_SLOT_PAIR_H

#include <stdint.h>

#include "record.h"
#include "slot.h"

enum { SLOT_COUNT = 2 };

struct slot_pair {
    int fds[SLOT_COUNT];
    uint64_t generation;       /* of the record loaded or stored last; 0: none yet */
    uint64_t seen[SLOT_COUNT]; /* the generations that the slots claimed then */
};

/* Loads the newest record that opens into `ret`, replaced. -ENOENT when the pair is vacant: `ret`
 * is cleared. -EBADMSG or -ENODATA when no record opens, -EKEYREJECTED when the newest claims
 * another owner, -EPROTONOSUPPORT when a newer version wrote it, -EIO when a read error hides which
 * one is the newest, and other errors of slot_load. */
int slot_pair_load(struct slot_pair *pair, const struct slot_binding *binding, struct record *ret);

/* Stores `record` as the next generation, and increments record->generation. -ESTALE when `record`
 * or the slots are not as they were loaded; else an error of slot_store, and `record` keeps its
 * generation. */
int slot_pair_replace(struct slot_pair *pair, const struct slot_binding *binding,
                      struct record *record);

/* Makes room in both slots for what a renewal of `record` may need. Errors of slot_reserve. */
int slot_pair_reserve(struct slot_pair *pair, const struct record *record);

/* Marks both slots vacant. Errors of slot_vacate. */
int slot_pair_vacate(struct slot_pair *pair);

#endif
