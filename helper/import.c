/*
 * import.c - a refresh token that an administrator brings becomes the account's grant.
 *
 * Proving the token renews it, and then it may be dead and a new one alive. So the token is
 * stored as `pending` before the first request and the new one in its place as it comes, beside
 * the grant that the account may have already; it becomes the grant when it has been proven whose
 * it is. An import that was interrupted, or refused because of the configuration, goes on where it
 * stopped when it is run again with the same input; one that was finished is not run again, which
 * would send a token that is used up.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "earlier.h"
#include "identity.h"
#include "login.h"
#include "moment.h"
#include "proof.h"
#include "provider.h"
#include "renewal.h"
#include "seal.h"

struct import {
    struct visit *visit;
    struct store *store;
    struct store_entry *entry;
    struct record record;
    char digest[RECORD_DIGEST_SIZE]; /* of what was given */
};

#define SCOPED_IMPORT __attribute__((cleanup(import_end)))

static void import_end(struct import *import) {
    store_entry_close(&import->entry);
    store_close(&import->store);
    record_clear(&import->record);
}

static void conclude(struct import *import, enum verdict verdict, const char *text) {
    struct reason reason;
    reason_set(&reason, 0, "%s", text);
    visit_conclude(import->visit, verdict, &reason);
}

/* Puts the given token into the record as pending, unless it is the same import going on. */
static int take_input(struct import *import) {
    struct record *record = &import->record;
    const struct secret *input = &import->visit->question.input;
    if (record->pending.refresh.length > 0 && strcmp(record->pending_digest, import->digest) == 0)
        return 0;
    strcpy(record->pending_digest, import->digest);
    return secret_set(&record->pending.refresh, input->data, input->length, PROTOCOL_TOKEN_MAX);
}

static int open_locked(struct import *import, struct reason *reason) {
    struct visit *visit = import->visit;
    struct store_owner owner = {visit->account.name, visit->account.uid,
                                visit->config.provider.name};
    int r = take_input(import); /* a new entry holds the token from its first moment on */
    if (r >= 0)
        r = store_open(OAUTH_LOGIN_STORE, &import->store, reason);
    if (r >= 0)
        r = store_entry_create(import->store, &owner, &import->record, &import->entry, reason);
    if (r >= 0)
        r = store_entry_lock(import->entry, visit->deadline_ms, reason);
    return r < 0 ? r : store_entry_load(import->entry, &import->record, reason);
}

/* Whether this very input was imported before. */
static bool is_imported(const struct import *import) {
    return import->record.enrolled != 0 &&
           strcmp(import->record.imported_digest, import->digest) == 0;
}

static void conclude_imported(struct import *import) {
    struct answer *answer = &import->visit->answer;
    bool dead = import->record.last_verdict == VERDICT_REAUTHORIZE;
    answer->expires = import->record.grant.expires;
    conclude(import, dead ? VERDICT_REAUTHORIZE : VERDICT_GRANTED,
             dead ? "this token was imported before, and its grant has died since; bring a new one"
                  : "this token was imported before; its grant is stored");
}

/* Stores the given token before it is used. */
static enum verdict start(struct import *import) {
    struct reason reason = {""};
    if (take_input(import) >= 0 &&
        store_entry_replace(import->entry, &import->record, &reason) >= 0)
        return VERDICT_GRANTED;
    return visit_conclude(import->visit, VERDICT_FAULT, &reason);
}

/* Forgets the pending token, which is dead. An account that was not enrolled before leaves nothing
 * behind. */
static void drop_pending(struct import *import) {
    struct reason ignored;
    struct record *record = &import->record;
    record_grant_clear(&record->pending);
    record->pending_digest[0] = '\0';
    if (record->enrolled == 0)
        store_entry_remove(import->store, import->entry, &ignored);
    else
        store_entry_replace(import->entry, record, &ignored);
}

static void answer_late(void *context) {
    struct import *import = context;
    visit_conclude_late(import->visit);
    visit_answer(import->visit);
}

static enum verdict renew(struct import *import) {
    struct renewal renewal = {
        .provider = &import->visit->config.provider,
        .entry = import->entry,
        .record = &import->record,
        .grant = &import->record.pending,
        .patience = visit_patience(import->visit, answer_late, import),
    };
    import->visit->answer.source = SOURCE_REFRESH;
    enum verdict verdict = renewal_run(&renewal);
    import->visit->answer.rotated = renewal.rotated;
    return visit_conclude(import->visit, verdict, &renewal.reason);
}

/* The subject by the provider's userinfo, or by [accounts] where it has none for this grant. */
static enum verdict find_subject(struct import *import, char ret[RECORD_SUBJECT_SIZE],
                                 struct reason *reason) {
    const struct config *config = &import->visit->config;
    const struct account *account = &import->visit->account;
    SCOPED_JSON struct json_object *claims = NULL;
    struct http_patience patience = visit_patience(import->visit, NULL, NULL);
    const char *url = NULL;

    enum verdict verdict = provider_find(&config->provider, PROVIDER_USERINFO, &import->record,
                                         &patience, &url, reason);
    if (verdict == VERDICT_GRANTED && url[0] == '\0')
        verdict = VERDICT_NOT_PERMITTED;
    else if (verdict == VERDICT_GRANTED)
        verdict = provider_fetch_userinfo(&config->provider, url, &import->record.pending.access,
                                          &patience, &claims, reason);
    if (verdict == VERDICT_GRANTED)
        return identity_match(config, account, claims, ret, reason);
    if (verdict == VERDICT_NOT_PERMITTED)
        return identity_match_configured(config, account, ret, reason);
    return verdict;
}

/* Whether the subject is the one that the account is pinned to, if it is pinned. */
static enum verdict check_pin(const struct import *import, const char *subject,
                              struct reason *reason) {
    const struct record *record = &import->record;
    const char *issuer = identity_issuer(&import->visit->config.provider);
    if (record->enrolled == 0 ||
        (strcmp(record->subject, subject) == 0 && strcmp(record->issuer, issuer) == 0))
        return VERDICT_GRANTED;
    reason_set(reason, 0,
               "%s is enrolled as %.100s of %.100s, and this grant is of %.100s of "
               "%.100s; if that is as it should be, remove " OAUTH_LOGIN_STORE "/accounts/%.32s "
               "first",
               import->visit->account.name, record->subject, record->issuer, subject, issuer,
               import->visit->account.name);
    return VERDICT_DENIED;
}

static enum verdict prove(struct import *import, char ret_subject[RECORD_SUBJECT_SIZE]) {
    struct reason reason = {""};
    struct http_patience patience = visit_patience(import->visit, NULL, NULL);
    enum verdict verdict = find_subject(import, ret_subject, &reason);
    if (verdict == VERDICT_GRANTED)
        verdict = check_pin(import, ret_subject, &reason);
    if (verdict == VERDICT_GRANTED)
        verdict = proof_check(&import->visit->config.provider, &import->record,
                              &import->record.pending, ret_subject, &patience, &reason);
    return visit_conclude(import->visit, verdict, &reason);
}

/* The pending token becomes the account's grant. */
static enum verdict enrol(struct import *import, const char *subject) {
    struct record *record = &import->record;
    const struct provider_config *provider = &import->visit->config.provider;
    struct reason reason = {""};

    record_grant_clear(&record->grant);
    record->grant = record->pending;
    record->pending = (struct record_grant){.expires = 0};
    strcpy(record->imported_digest, record->pending_digest);
    record->pending_digest[0] = '\0';
    strcpy(record->subject, subject);
    snprintf(record->issuer, sizeof record->issuer, "%s", identity_issuer(provider));
    record->enrolled = moment_wall();
    earlier_note(record, provider, VERDICT_GRANTED, &reason);
    if (store_entry_replace(import->entry, record, &reason) < 0)
        return visit_conclude(import->visit, VERDICT_FAULT, &reason);
    import->visit->answer.expires = record->grant.expires;
    return VERDICT_GRANTED;
}

void import_grant(struct visit *visit) {
    SCOPED_IMPORT struct import import = {.visit = visit};
    struct reason reason = {""};
    char subject[RECORD_SUBJECT_SIZE] = "";

    if (!secret_is_token(&visit->question.input)) {
        conclude(&import, VERDICT_DENIED,
                 "what was given is no refresh token: it must be one word "
                 "of printable ASCII without blanks");
        return;
    }
    seal_digest_text(visit->question.input.data, visit->question.input.length, import.digest);
    int r = open_locked(&import, &reason);
    if (r < 0) {
        visit_conclude(visit, r == -ETIMEDOUT ? VERDICT_UNREACHABLE : VERDICT_FAULT, &reason);
        return;
    }
    if (is_imported(&import)) {
        conclude_imported(&import);
        return;
    }
    enum verdict verdict = start(&import);
    if (verdict == VERDICT_GRANTED)
        verdict = renew(&import);
    if (verdict == VERDICT_REAUTHORIZE)
        drop_pending(&import);
    if (verdict == VERDICT_GRANTED)
        verdict = prove(&import, subject);
    if (verdict == VERDICT_GRANTED)
        enrol(&import, subject);
}
