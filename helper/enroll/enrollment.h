/*
 * enrolment.h - how a new grant becomes an account's: stored as `pending` beside the grant that the
 * account may have already, proven whose it is, then in its place.
 */
#ifndef OAUTH_LOGIN_ENROLMENT_H
#define OAUTH_LOGIN_ENROLMENT_H

#include "stored_account.h"

struct enrolment {
    struct visit *visit;
    struct place place; /* locked; the record's `pending` is the new grant */
};

#define SCOPED_ENROLMENT __attribute__((cleanup(enrolment_end)))

void enrolment_end(struct enrolment *enrolment);

/* Proves whose the pending grant is: its access token's owner must be the account, the one that it
 * is pinned to already if it is, active, and what policy demands. Concludes; GRANTED with the
 * subject. */
enum verdict enrolment_prove(struct enrolment *enrolment, const struct http_patience *patience,
                             char ret_subject[RECORD_SUBJECT_SIZE]);

/* The pending grant becomes the account's, pinned to `subject`. GRANTED, or concluded FAULT. */
enum verdict enrolment_finish(struct enrolment *enrolment, const char *subject);

/* Forgets a pending grant that is dead. An account that was never enrolled leaves nothing behind.
 */
void enrolment_drop(struct enrolment *enrolment);

#endif
