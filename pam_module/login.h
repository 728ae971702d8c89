/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * login.h - the login that a PAM entry point is called for.
 */
#ifndef OAUTH_LOGIN_PAM_MODULE_LOGIN_H
#define OAUTH_LOGIN_PAM_MODULE_LOGIN_H

#include <security/pam_modules.h>
#include <stdbool.h>
#include <sys/types.h>

#include "ask.h"
#include "options.h"

enum phase { PHASE_AUTH, PHASE_ACCOUNT, PHASE_SESSION };

struct login {
    pam_handle_t *pamh;
    enum phase phase;
    bool silent;      /* nothing is to be said to the person */
    const char *user; /* the name service's spelling; lives as long as `pamh` */
    uid_t uid;
    gid_t gid;
    struct options options;
};

/* Learns whose login it is, in the order that must never change: an account that does not exist
 * (PAM_USER_UNKNOWN), uid 0 (PAM_IGNORE, before an option could be wrong), wrong options
 * (PAM_SERVICE_ERR, with what is wrong in `ret_error`, else "", for the caller to report).
 * PAM_SUCCESS when there is something to decide. */
int login_begin(pam_handle_t *pamh, enum phase phase, int flags, int argc, const char **argv,
                struct login *ret, char ret_error[OPTIONS_ERROR_SIZE]);

/* What PAM knows now, "" when it does not: a conversation may change it and free what was there, so
 * nothing of this is kept. PAM_RHOST is "" when the login is not remote. */
const char *login_service(const struct login *login);
const char *login_rhost(const struct login *login);

/* Whether this is `systemd --user`, which enters the stack again in the middle of a login that was
 * decided. */
bool login_is_reentry(const struct login *login);

/* Whether PAM_USER is still whose login it was at the beginning. */
bool login_has_same_user(const struct login *login);

/* Keeps what malloc(3) gave until the handle ends or another is kept by that name, then frees it.
 * False: out of memory, and `data` stays the caller's. */
bool login_keep(pam_handle_t *pamh, const char *name, void *data);

/* The question to the helper about this login, for ask_helper. */
struct ask_request login_request(const struct login *login, enum protocol_operation operation);

/* Asks the helper about this login. */
void login_ask(const struct login *login, enum protocol_operation operation, struct ask_reply *ret);

#endif
