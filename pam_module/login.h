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

/* PHASE_SESSION stands for setcred, open_session and close_session. */
enum phase { PHASE_AUTH, PHASE_ACCOUNT, PHASE_SESSION };

struct login {
    pam_handle_t *pamh;
    enum phase phase;
    bool silent;      /* shows the user nothing: PAM_SILENT, or the option quiet */
    const char *user; /* as the name service spells it; lives as long as `pamh` */
    uid_t uid;
    gid_t gid;
    struct options options;
};

/* Fills in `ret` for the account that logs in. Returns PAM_SUCCESS when the login must be decided.
 * The order of the checks must never change: PAM_USER_UNKNOWN for an account that does not exist,
 * PAM_IGNORE for uid 0, even if an option is wrong, and PAM_SERVICE_ERR for a wrong option, with
 * the error in `ret_error` for the caller to report. `ret_error` is "" in all other cases. */
int login_begin(pam_handle_t *pamh, enum phase phase, int flags, int argc, const char **argv,
                struct login *ret, char ret_error[OPTIONS_ERROR_SIZE]);

/* Returns PAM_SERVICE or PAM_RHOST as it is now, or "" if it is not set. Do not keep the text: a
 * conversation may change the item and free it. PAM_RHOST is "" for a local login. */
const char *login_service(const struct login *login);
const char *login_rhost(const struct login *login);

/* Tells whether this is `systemd --user`, which runs the stack again in the middle of a login that
 * was already decided. */
bool login_is_reentry(const struct login *login);

/* Tells whether PAM_USER is still the account of login_begin. */
bool login_has_same_user(const struct login *login);

/* Keeps `data`, from malloc(3), by that name, and frees it when the handle ends or when other data
 * is kept by that name. False: out of memory; the caller still owns `data`. */
bool login_keep(pam_handle_t *pamh, const char *name, void *data);

/* Returns a request about this login, for ask_helper. */
struct ask_request login_request(const struct login *login, enum protocol_operation operation);

/* Asks the helper about this login, as ask_helper does. */
void login_ask(const struct login *login, enum protocol_operation operation, struct ask_reply *ret);

#endif
