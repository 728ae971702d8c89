/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enrollment.h - makes a new grant an account's grant: it is stored as `pending` beside the grant
 * that the account may already have, and replaces that when it is proven whose it is.
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

#define SCOPED_ENROLLMENT __attribute__((cleanup(enrollment_end)))

void enrollment_end(struct enrollment *enrollment);

/* Proves whose the pending grant is: its owner must match the account, be the subject that the
 * account is pinned to, if any, be active, and meet the policy. NONE (nothing speaks against the
 * account) with the subject; else the concluded verdict. */
enum verdict enrollment_prove(struct enrollment *enrollment, const struct http_patience *patience,
                              char ret_subject[RECORD_SUBJECT_SIZE]);

/* Makes the pending grant the account's, pinned to `subject`. Concludes GRANTED, or FAULT. */
void enrollment_finish(struct enrollment *enrollment, const char subject[RECORD_SUBJECT_SIZE]);

/* Forgets the pending grant. Empties the entry of an account that was never enrolled. */
void enrollment_drop(struct enrollment *enrollment);

#endif
