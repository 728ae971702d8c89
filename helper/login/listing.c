/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listing.c - lists the stored facts about enrolled accounts, without asking the provider.
 */
#include <errno.h>
#include <string.h>

#include "login.h"
#include "stored_account.h"
#include "text.h"

static void fill_entry(const struct record *record, struct entry *ret) {
    reason_escape(ret->subject, sizeof ret->subject, record->subject, strlen(record->subject));
    ret->enrolled = record->enrolled;
    ret->last_granted = record->last_granted;
    ret->expires = record->grant.expires;
    ret->last_verdict = VERDICT_NONE;
    if (record->last_verdict > VERDICT_NONE && record->last_verdict < VERDICT_COUNT)
        ret->last_verdict = (enum verdict)record->last_verdict;
}

/* Fills `ret` from the account's record. 1 when the account is enrolled, 0 when not; else an error
 * of the store, with only the owner in `ret`. */
static int look_up(struct store *store, const struct store_owner *owner, struct entry *ret,
                   struct reason *reason) {
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};

    if (!text_copy(ret->account, sizeof ret->account, owner->account) ||
        !text_copy(ret->provider, sizeof ret->provider, owner->provider))
        return reason_set(reason, -ENAMETOOLONG,
                          "the name of an account or provider is over %d bytes", PROTOCOL_NAME_MAX);
    ret->uid = owner->uid;

    int r = store_entry_open(store, owner, &entry, reason);
    if (r >= 0)
        r = store_entry_load(entry, &record, reason);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    fill_entry(&record, ret);
    return record.enrolled != 0;
}

void listing_status(struct exchange *exchange) {
    SCOPED_STORE struct store *store = NULL;
    struct reason reason = {""};
    struct entry entry = {.state = ACCOUNT_PRESENT};
    struct store_owner owner = stored_account_owner(exchange);
    int found = store_open(OAUTH_LOGIN_STORE, &store, &reason);

    if (found >= 0)
        found = look_up(store, &owner, &entry, &reason);
    if (found < 0) {
        exchange_conclude(exchange, VERDICT_FAULT, &reason);
    } else if (found == 0) {
        reason_set(&reason, 0, "no grant is stored");
        exchange_conclude(exchange, VERDICT_NOT_ENROLLED, &reason);
    } else {
        peer_send_entry(&exchange->peer, &entry);
        exchange_conclude_yes(exchange, &reason);
    }
}

struct listing {
    struct exchange *exchange;
    struct store *store;
};

static enum protocol_account_state state_of(const struct store_owner *owner) {
    struct account account;
    struct reason ignored;

    if (account_resolve(owner->account, &account, &ignored) < 0)
        return ACCOUNT_GONE;
    return account.uid == owner->uid ? ACCOUNT_PRESENT : ACCOUNT_OTHER_UID;
}

static int list_one(const struct store_owner *owner, void *context) {
    const struct listing *listing = context;
    struct reason ignored;
    struct entry entry = {.state = state_of(owner)};
    int found = look_up(listing->store, owner, &entry, &ignored);

    if (found < 0 && entry.state != ACCOUNT_GONE)
        entry.state = ACCOUNT_UNREADABLE;
    if (found != 0)
        peer_send_entry(&listing->exchange->peer, &entry);
    return 0;
}

void listing_list(struct exchange *exchange) {
    SCOPED_STORE struct store *store = NULL;
    struct reason reason = {""};
    int r = store_open(OAUTH_LOGIN_STORE, &store, &reason);
    struct listing listing = {exchange, store};

    if (r >= 0)
        r = store_each(store, list_one, &listing, &reason);
    if (r < 0)
        exchange_conclude(exchange, VERDICT_FAULT, &reason);
    else
        exchange_conclude_yes(exchange, &reason);
}
