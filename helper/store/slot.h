/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slot.h - a slot: one of the two files that an entry's record is written to in turn. A write goes
 * to the older slot, so an interrupted one never damages the newest record.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_SLOT_H
#define OAUTH_LOGIN_HELPER_STORE_SLOT_H

#include <stdint.h>
#include <sys/types.h>

#include "owner.h"
#include "protocol.h"
#include "reason.h"
#include "record.h"
#include "secret.h"

enum { SLOT_MACHINE_ID_SIZE = 33 };

/* The key that a record is sealed with, and the owner and machine that it is bound to. */
struct slot_binding {
    struct store_owner owner;
    char machine[SLOT_MACHINE_ID_SIZE];
    struct secret key; /* the account's, derived from the master */
};

/* The header of a slot, which is only a claim until the record is opened. */
struct slot_claim {
    uint64_t generation;
    uid_t uid;
    char account[PROTOCOL_NAME_MAX + 1];
    char provider[PROTOCOL_NAME_MAX + 1];
};

/* Reads the machine's id (machine-id(5)). -ENODATA when it has none. */
int slot_read_machine(char ret_id[SLOT_MACHINE_ID_SIZE], struct reason *reason);

/* Reads the claim of the slot `fd`. -ENODATA for a slot never written, -ENOENT for a vacant one,
 * -EBADMSG for a malformed one, -EPROTONOSUPPORT with the generation alone for one of a newer
 * version, else an error of read(2). Nothing in a claim is authentic until slot_load has opened
 * it. */
int slot_read_claim(int fd, struct slot_claim *ret);

/* Opens the record in the slot `fd` into `ret`, which must be cleared. -EKEYREJECTED when it claims
 * an owner other than that of `binding`, -EBADMSG when it does not open, -ENODATA when the slot was
 * never written, -ENOENT when it is vacant. */
int slot_load(int fd, const struct slot_binding *binding, struct record *ret);

/* Makes room in the slot `fd` for `record` and 8 to 16 KiB more. -ENOSPC, or another error of
 * write(2). */
int slot_reserve(int fd, const struct record *record);

/* Erases the slot `fd` durably and marks it vacant, which distinguishes it from a truncated
 * file. */
int slot_vacate(int fd);

/* Writes `record` with its generation and makes it durable. */
int slot_store(int fd, const struct slot_binding *binding, const struct record *record);

#endif
