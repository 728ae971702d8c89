/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * record.h - the data stored for an account: its grant, the subject that the grant belongs to, and
 * the provider's last verdicts. Encoded as a sequence of fields, each u8 tag, u32 size, bytes;
 * absent fields are empty.
 */
#ifndef OAUTH_LOGIN_HELPER_STORE_RECORD_H
#define OAUTH_LOGIN_HELPER_STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "protocol.h"
#include "reason.h"
#include "secret.h"

enum {
    RECORD_SUBJECT_SIZE = 256, /* OpenID Connect Core, section 2: sub is at most 255 bytes */
    RECORD_URL_SIZE = 1024,
    RECORD_SCOPE_SIZE = 1024,
    RECORD_DIGEST_SIZE = 65,
    RECORD_NONCE_SIZE = 44,
    RECORD_KEYS_SIZE = 16384, /* of a provider's JSON Web Key Set */
    RECORD_ENCODED_MAX = 4 * PROTOCOL_TOKEN_MAX + RECORD_KEYS_SIZE + 16384,
};

/* A time of the boot clock, to compare with in later logins; `boot` tells boots apart. */
struct record_time {
    char boot[CLOCK_BOOT_ID_SIZE];
    int64_t ms;
};

/* A grant: the token that renews it, and what the last renewal returned. */
struct record_grant {
    struct secret refresh;
    struct secret access;
    int64_t expires;               /* of the access token, wall seconds */
    char scope[RECORD_SCOPE_SIZE]; /* as last granted */
    struct secret id_token;        /* from the last response; not stored */
    char nonce[RECORD_NONCE_SIZE]; /* expected in the ID token; "": any or none; not stored */
    int64_t in_flight; /* a renewal was sent and its response is not stored: it may be lost */
};

struct record {
    uint64_t generation; /* for the store's compare-and-swap; not encoded */

    /* The account's grant and the identity that it belongs to, which is pinned permanently when the
     * first grant is stored. If `enrolled` is 0 and a grant is present, that grant is kept only
     * until it can be revoked. */
    struct record_grant grant;
    char issuer[RECORD_URL_SIZE];
    char subject[RECORD_SUBJECT_SIZE];
    int64_t enrolled;        /* wall seconds; 0: not enrolled */
    int64_t id_token_issued; /* iat of the last ID token; a later one must not be older */

    /* The provider's last verdict about this account, and when it was given. */
    int64_t last_verdict; /* enum verdict; never `unreachable` or `misconfigured` */
    char last_reason[REASON_SIZE];
    int64_t last_granted;                     /* wall seconds */
    struct record_time judged;                /* when last_verdict was given */
    char judged_settings[RECORD_DIGEST_SIZE]; /* digest of the settings in use then */

    /* Failures that say nothing about the account. */
    struct record_time unreachable;
    char unreachable_reason[REASON_SIZE];
    struct record_time misconfigured;
    char misconfigured_reason[REASON_SIZE];
    char misconfigured_settings[RECORD_DIGEST_SIZE]; /* digest of the settings that failed */
    int64_t misconfigured_times;

    /* A new grant, from an enrollment or an import, whose subject is not proven yet. The digest is
     * that of the imported token; it is set for an import only. */
    struct record_grant pending;
    char pending_digest[RECORD_DIGEST_SIZE];
    char pending_issuer[RECORD_URL_SIZE];     /* the only one its token may be sent to */
    char imported_digest[RECORD_DIGEST_SIZE]; /* digest of the imported token that became `grant`,
                                                 so that the same import is not repeated */

    /* The provider's discovery document, cached for each account, so that a compromised helper of
     * one account cannot change the endpoints of another. */
    char discovered_issuer[RECORD_URL_SIZE];
    char token_endpoint[RECORD_URL_SIZE];
    char userinfo_endpoint[RECORD_URL_SIZE];
    char introspection_endpoint[RECORD_URL_SIZE];
    char device_authorization_endpoint[RECORD_URL_SIZE];
    char revocation_endpoint[RECORD_URL_SIZE];
    char jwks_uri[RECORD_URL_SIZE];
    char keys[RECORD_KEYS_SIZE]; /* the key set that keys_from returned last; "" before that */
    char keys_from[RECORD_URL_SIZE];
    int64_t keys_fetched; /* wall seconds */
    int64_t discovered;   /* wall seconds */

    /* Discovered values that only an enrollment uses. It runs before there is a record, so they are
     * not stored. */
    char authorization_endpoint[RECORD_URL_SIZE];
    bool response_names_issuer; /* RFC 9207 section 3 */
};

#define SCOPED_RECORD __attribute__((cleanup(record_clear)))

/* Wipe and free all that they own; all zeros afterwards. */
void record_grant_clear(struct record_grant *grant);
void record_clear(struct record *record);

/* Returns the number of bytes that record_encode would make of it. */
size_t record_size(const struct record *record);

/* Encodes into `ret`, replaced. -E2BIG over RECORD_ENCODED_MAX, -ENOMEM. */
int record_encode(const struct record *record, struct secret *ret);

/* Decodes `encoded` into `ret`, which must be cleared; generation stays 0. -EBADMSG when it is
 * malformed, -EPROTONOSUPPORT when a newer version wrote it, -ENOMEM; `ret` is cleared then. */
int record_decode(const struct secret *encoded, struct record *ret);

#endif
