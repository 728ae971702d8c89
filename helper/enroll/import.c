/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * import.c - stores a refresh token, supplied by an administrator, as an account's grant.
 *
 * Proving the token means renewing it, after which it may be dead and a new one valid. So the token
 * is stored as `pending` before the first request, beside the grant that the account may already
 * have, and the new token replaces it as soon as it comes. The pending grant becomes the account's
 * grant once its owner is proven. An import that was interrupted, or refused because of the
 * configuration, continues where it stopped when it is run again with the same input. One that was
 * finished is not repeated: that would send a token that is used up.
 */
#include "enroll.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "enrollment.h"
#include "provider.h"
#include "renewal.h"
#include "reply.h"
#include "seal.h"
#include "text.h"

static void conclude(struct enrollment *import, enum verdict verdict, const char *text) {
    struct reason reason;

    reason_set(&reason, 0, "%s", text);
    exchange_conclude(import->exchange, verdict, &reason);
}

/* Puts the input into the record as its pending grant, unless an import of the same input
 * continues. -ENOMEM. */
static int take_input(struct enrollment *import, const char digest[RECORD_DIGEST_SIZE],
                      struct reason *reason) {
    struct record *record = &import->stored.record;
    const struct secret *input = &import->exchange->request.input;
    const struct provider_config *provider = &import->exchange->config.provider;

    if (record->pending.refresh.length > 0 && strcmp(record->pending_digest, digest) == 0 &&
        strcmp(record->pending_issuer, provider_identity(provider)) == 0)
        return 0;

    record_grant_clear(&record->pending);
    provider_copy_identity(provider, record->pending_issuer);
    _Static_assert(sizeof record->pending_digest == RECORD_DIGEST_SIZE,
                   "every digest can be copied");
    text_copy(record->pending_digest, sizeof record->pending_digest, digest);
    if (secret_set(&record->pending.refresh, input->data, input->length, PROTOCOL_TOKEN_MAX) < 0)
        return reason_set(reason, -ENOMEM, "out of memory");
    return 0;
}

/* Whether this same input was imported before. */
static bool is_imported(const struct enrollment *import, const char *digest) {
    return import->stored.record.enrolled != 0 &&
           strcmp(import->stored.record.imported_digest, digest) == 0;
}

static void conclude_imported(struct enrollment *import) {
    struct exchange *exchange = import->exchange;
    struct reason reason;

    exchange->reply.expires = import->stored.record.grant.expires;
    if (import->stored.record.last_verdict == VERDICT_REAUTHORIZE) {
        conclude(import, VERDICT_REAUTHORIZE,
                 "this token was imported before, and its grant has ended since; import a new one");
        return;
    }
    reason_set(&reason, 0, "this token was imported before; its grant is stored");
    exchange_conclude_yes(exchange, &reason);
}

/* Stores the input before it is used. NONE, or the concluded FAULT. */
static enum verdict start(struct enrollment *import, const char digest[RECORD_DIGEST_SIZE]) {
    struct reason reason = {""};

    if (take_input(import, digest, &reason) >= 0 &&
        store_entry_replace(import->stored.entry, &import->stored.record, &reason) >= 0)
        return VERDICT_NONE;
    return exchange_conclude(import->exchange, VERDICT_FAULT, &reason);
}

/* Replies at the caller's deadline; the renewal continues. */
static void reply_late(void *context) {
    struct enrollment *import = context;

    exchange_conclude_late(import->exchange);
    reply_send(import->exchange);
}

/* Renews the pending grant. NONE, or the concluded verdict. */
static enum verdict renew(struct enrollment *import) {
    struct renewal renewal = {
        .provider = &import->exchange->config.provider,
        .entry = import->stored.entry,
        .record = &import->stored.record,
        .grant = &import->stored.record.pending,
        .patience = exchange_patience(import->exchange, reply_late, import),
    };

    import->exchange->reply.source = SOURCE_REFRESH;
    enum verdict verdict = renewal_run(&renewal);
    import->exchange->reply.rotated = renewal.rotated;
    return exchange_conclude_unless_none(import->exchange, verdict, &renewal.reason);
}

void import_grant(struct exchange *exchange) {
    SCOPED_ENROLLMENT struct enrollment import = {.exchange = exchange};
    const struct secret *input = &exchange->request.input;
    struct reason reason = {""};
    char subject[RECORD_SUBJECT_SIZE] = "", digest[RECORD_DIGEST_SIZE];

    if (!secret_is_token(input)) {
        conclude(&import, VERDICT_DENIED,
                 "the input is not a refresh token: it must be one word of printable ASCII "
                 "without blanks");
        return;
    }

    seal_digest_text(input->data, input->length, digest);
    int r = take_input(&import, digest, &reason);
    if (r >= 0)
        r = stored_account_open(exchange, STORED_CREATED, exchange->deadline_ms, &import.stored,
                                &reason);
    if (r < 0) {
        exchange_conclude(exchange, r == -ETIMEDOUT ? VERDICT_UNREACHABLE : VERDICT_FAULT, &reason);
        return;
    }
    if (is_imported(&import, digest)) {
        conclude_imported(&import);
        return;
    }

    enum verdict verdict = start(&import, digest);
    if (verdict == VERDICT_NONE)
        verdict = renew(&import);
    if (verdict == VERDICT_REAUTHORIZE)
        enrollment_abandon(&import);
    struct http_patience patience = exchange_patience(exchange, NULL, NULL);
    if (verdict == VERDICT_NONE)
        verdict = enrollment_prove(&import, &patience, subject);
    if (verdict == VERDICT_NONE)
        enrollment_commit(&import, subject);
}
