/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.c - whether every stored grant can be used by the next login.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "parts.h"
#include "verdict_cache.h"

enum { NAMED_MAX = 20 }; /* findings about accounts: a lost key would be one for each */

struct store_look {
    struct doctor *doctor;
    struct store *store;
    size_t whole, named;
};

static void name_account(struct store_look *look, enum protocol_level level, const char *why,
                         const char *fix, const char *account, const char *what) {
    if (++look->named <= NAMED_MAX)
        doctor_find(look->doctor, level, VERDICT_FAULT, why, fix, "store: %s: %s", account, what);
}

/* Keeps the entry of an account that waits for a better client. It is opened anew, for an owner
 * that lives as long as the diagnosis: once the provider is asked, no file is opened any more. */
static void keep_waiting(const struct store_look *look, const struct store_owner *owner,
                         const struct record *record) {
    struct doctor *doctor = look->doctor;
    struct reason ignored;
    if (record->misconfigured.boot[0] == '\0' || doctor->waiting_count == DOCTOR_WAITING_MAX)
        return;
    struct waiting *waiting = &doctor->waiting[doctor->waiting_count];
    struct store_owner kept = *owner;
    snprintf(waiting->account, sizeof waiting->account, "%s", owner->account);
    kept.account = waiting->account;
    if (doctor->configured && store_entry_open(look->store, &kept, &waiting->entry, &ignored) >= 0)
        doctor->waiting_count++;
}

/* A login that holds the lock asks the provider itself. */
void doctor_clear_refusals(struct doctor *doctor) {
    for (size_t i = 0; i < doctor->waiting_count; i++) {
        struct store_entry *entry = doctor->waiting[i].entry;
        SCOPED_RECORD struct record record = {0};
        struct reason ignored;
        if (store_entry_lock(entry, clock_boot_ms(), &ignored) >= 0 &&
            store_entry_load(entry, &record, &ignored) >= 0 &&
            verdict_cache_clear_refusal(&record) &&
            store_entry_replace(entry, &record, &ignored) >= 0)
            doctor_good(doctor, "client: logins of %s ask the provider again at once",
                        doctor->waiting[i].account);
    }
}

/* Opens the record as a login would: as the account and the provider are today. */
static int open_one(const struct store_owner *claimed, void *context) {
    struct store_look *look = context;
    SCOPED_ENTRY struct store_entry *entry = NULL;
    SCOPED_RECORD struct record record = {0};
    struct store_owner owner = *claimed;
    struct account account;
    struct reason reason = {""};
    int known = account_resolve(claimed->account, &account, &reason);
    if (known >= 0)
        owner.uid = account.uid;
    if (look->doctor->configured)
        owner.provider = look->doctor->exchange->config.provider.name;
    int r = store_entry_open(look->store, &owner, &entry, &reason);
    if (r >= 0)
        r = store_entry_load(entry, &record, &reason);
    if (r == -ENOENT)
        return 0; /* vacant: not enrolled any more, or not yet */
    if (known == -ENOENT) {
        name_account(look, LEVEL_WARNING, "its grant is kept, but nobody can use it",
                     "remove its directory below " OAUTH_LOGIN_STORE
                     "/accounts, and end the grant at the provider",
                     claimed->account, "the account does not exist any more");
        return 0;
    }
    if (r >= 0) {
        look->whole++;
        keep_waiting(look, &owner, &record);
    } else {
        name_account(
            look, LEVEL_ERROR, "this account can't log in",
            "do what it says; or: oauth-login unenroll with its name and --forget, and enroll "
            "anew",
            claimed->account, reason.text);
    }
    return r == -ENOKEY ? r : 0; /* then it is so for every account */
}

void doctor_look_at_store(struct doctor *doctor) {
    SCOPED_STORE struct store *store = NULL;
    struct reason reason = {""};
    int r = store_open(OAUTH_LOGIN_STORE, &store, &reason);
    struct store_look look = {.doctor = doctor, .store = store};
    if (r >= 0)
        r = store_each(store, open_one, &look, &reason);
    if (r < 0 && r != -ENOKEY)
        doctor_find(
            doctor, LEVEL_ERROR, VERDICT_FAULT,
            "no stored grant can be used, so every managed login fails",
            "do what it says; the store must be oauth-login's alone, 0700, below a directory "
            "of root's",
            "store: %s", reason.text);
    if (look.named > NAMED_MAX)
        doctor_find(doctor, LEVEL_WARNING, VERDICT_FAULT, "they are as those above",
                    "fix those first", "store: %zu accounts more", look.named - NAMED_MAX);
    if (r >= 0 && look.named == 0)
        doctor_good(doctor, "store: %zu account%s; every record opens", look.whole,
                    look.whole == 1 ? "" : "s");
}
