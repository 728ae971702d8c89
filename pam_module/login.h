/*
 * login.h - the login that a PAM entry point is called for.
 */
#ifndef OAUTH_LOGIN_MODULE_LOGIN_H
#define OAUTH_LOGIN_MODULE_LOGIN_H

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
    const char *user; /* the name service's spelling */
    uid_t uid;
    gid_t gid;
    const char *service;
    const char *rhost; /* "" when not remote */
    struct options options;
};

/* Learns whose login it is, in the order that must never change: an account that does not exist
 * (PAM_USER_UNKNOWN), uid 0 (PAM_IGNORE, before an option could be wrong), wrong options
 * (PAM_SERVICE_ERR, logged). PAM_SUCCESS when there is something to decide. */
int login_begin(pam_handle_t *pamh, enum phase phase, int flags, int argc, const char **argv,
                struct login *ret);

/* Asks the helper about this login. */
void login_ask(const struct login *login, enum protocol_operation operation,
               struct ask_answer *ret);

#endif
