/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.c - checks whether the next login can use each stored grant.
 */
#include <errno.h>

#include "account.h"
#include "clock.h"
#include "parts.h"
#include "text.h"
#include "verdict_cache.h"

enum {
    NAMED_MAX = 20
}; /* accounts that get their own finding: a lost key may affect all of them */

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

/* Keeps an entry open for an account whose logins back off because the provider refused the client.
 * It is opened now, since the sandbox is entered before the provider is asked, and with an owner
 * that lives as long as doctor runs. */
static void keep_waiting(const struct store_look *look, const struct store_owner *owner,
                         const struct record *record) {
    struct doctor *doctor = look->doctor;
    struct reason ignored;

    if (record->misconfigured.boot[0] == '\0' || doctor->waiting_count == DOCTOR_WAITING_MAX)
        return;
    struct waiting *waiting = &doctor->waiting[doctor->waiting_count];
    struct store_owner kept = *owner;
    if (!text_copy(waiting->account, sizeof waiting->account, owner->account))
        return; /* no account has so long a name: account.c */
    kept.account = waiting->account;
    if (doctor->configured && store_entry_open(look->store, &kept, &waiting->entry, &ignored) >= 0)
        doctor->waiting_count++;
}

void doctor_clear_refusals(struct doctor *doctor) {
    for (size_t i = 0; i < doctor->waiting_count; i++) {
        struct store_entry *entry = doctor->waiting[i].entry;
        SCOPED_RECORD struct record record = {0};
        struct reason ignored;

        /* Do not wait for the lock: a login that holds it is asking the provider itself. */
        if (store_entry_lock(entry, clock_boot_ms(), &ignored) >= 0 &&
            store_entry_load(entry, &record, &ignored) >= 0 &&
            verdict_cache_clear_refusal(&record) &&
            store_entry_replace(entry, &record, &ignored) >= 0)
            doctor_good(doctor, "client: logins of %s ask the provider again at once",
                        doctor->waiting[i].account);
    }
}

/* Reports an account whose record could not be loaded. */
static void report_broken(struct store_look *look, const char *account,
                          const struct reason *reason) {
    name_account(look, LEVEL_ERROR, "this account cannot log in",
                 "do what the message says, or run: oauth-login unenroll NAME --forget, and enroll "
                 "again",
                 account, reason->text);
}

/* Opens the record as a login would: for the present account and the present provider. */
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
        return 0; /* vacant: no longer enrolled, or not yet */

    if (known == -ENOENT) {
        name_account(look, LEVEL_WARNING, "its grant is kept, but cannot be used",
                     "remove its directory below " OAUTH_LOGIN_STORE
                     "/accounts, and end the grant at the provider",
                     claimed->account, "the account does not exist any more");
        return 0;
    }
    if (r >= 0) {
        look->whole++;
        keep_waiting(look, &owner, &record);
    } else {
        report_broken(look, claimed->account, &reason);
    }
    return r == -ENOKEY ? r : 0; /* without the master key no record opens: stop at the first */
}

void doctor_look_at_store(struct doctor *doctor) {
    SCOPED_STORE struct store *store = NULL;
    struct reason reason = {""};
    int r = store_open(OAUTH_LOGIN_STORE, &store, &reason);
    struct store_look look = {.doctor = doctor, .store = store};
    if (r >= 0)
        r = store_each(store, open_one, &look, &reason);
    if (r < 0 && r != -ENOKEY)
        doctor_find(doctor, LEVEL_ERROR, VERDICT_FAULT,
                    "no stored grant can be used, so every managed login fails",
                    "do what the message says; the store must belong to oauth-login, with mode "
                    "0700, below a directory that belongs to root",
                    "store: %s", reason.text);
    if (look.named > NAMED_MAX)
        doctor_find(doctor, LEVEL_WARNING, VERDICT_FAULT, "they have problems like those above",
                    "fix those first", "store: %zu more accounts", look.named - NAMED_MAX);
    if (r >= 0 && look.named == 0)
        doctor_good(doctor, "store: %zu account%s; every record opens", look.whole,
                    look.whole == 1 ? "" : "s");
}
