/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enrollment.h - turns a pending grant into the account's own: it is stored as `pending`, beside
 * any grant that the account already has, and replaces that one once its owner is proven.
 */
#ifndef OAUTH_LOGIN_HELPER_ENROLL_ENROLLMENT_H
#define OAUTH_LOGIN_HELPER_ENROLL_ENROLLMENT_H

#include "http.h"
#include "protocol.h"
#include "record.h"
#include "stored_account.h"

struct enrollment {
    struct exchange *exchange;
    struct stored_account stored; /* locked; the record's `pending` is the new grant */
};

#define SCOPED_ENROLLMENT __attribute__((cleanup(enrollment_clear)))

void enrollment_clear(struct enrollment *enrollment);

/* Proves who owns the pending grant: the owner must match the account, be the subject that the
 * account is pinned to, if any, be active, and meet the policy. NONE (nothing speaks against the
 * account) with the subject; else the concluded verdict. */
enum verdict enrollment_prove(struct enrollment *enrollment, const struct http_patience *patience,
                              char ret_subject[RECORD_SUBJECT_SIZE]);

/* Makes the pending grant the account's, pinned to `subject`. Concludes GRANTED, or FAULT. */
void enrollment_commit(struct enrollment *enrollment, const char subject[RECORD_SUBJECT_SIZE]);

/* Forgets the pending grant. Empties the entry of an account that was never enrolled. */
void enrollment_abandon(struct enrollment *enrollment);

#endif
