/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enrollment.h - how a new grant becomes an account's: stored as `pending` beside the grant that
 * the account may have already, proven whose it is, then in its place.
 */
#ifndef OAUTH_LOGIN_HELPER_ENROLL_ENROLLMENT_H
#define OAUTH_LOGIN_HELPER_ENROLL_ENROLLMENT_H

#include "stored_account.h"

struct enrollment {
    struct exchange *exchange;
    struct stored_account stored; /* locked; the record's `pending` is the new grant */
};

#define SCOPED_ENROLLMENT __attribute__((cleanup(enrollment_end)))

void enrollment_end(struct enrollment *enrollment);

/* Proves whose the pending grant is: its access token's owner must be the account, the one that it
 * is pinned to already if it is, active, and what policy demands. NONE with the subject;
 * else the concluded verdict. */
enum verdict enrollment_prove(struct enrollment *enrollment, const struct http_patience *patience,
                              char ret_subject[RECORD_SUBJECT_SIZE]);

/* The pending grant becomes the account's, pinned to `subject`. Concludes GRANTED, or FAULT. */
void enrollment_finish(struct enrollment *enrollment, const char *subject);

/* Forgets a pending grant that is dead. An account that was never enrolled leaves nothing behind.
 */
void enrollment_drop(struct enrollment *enrollment);

#endif
