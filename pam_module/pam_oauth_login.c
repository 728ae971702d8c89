/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_oauth_login.c - the entry points that PAM calls. Each looks up the account that logs in and
 * delegates.
 */
#include <security/pam_modules.h>

#include "decision.h"
#include "keyring_notes.h"
#include "login.h"
#include "registration.h"
#include "report.h"
#include "session.h"

/* Calls login_begin, and reports a wrong option. */
static int begin(pam_handle_t *pamh, enum phase phase, int flags, int argc, const char **argv,
                 struct login *ret) {
    char error[OPTIONS_ERROR_SIZE];
    int r = login_begin(pamh, phase, flags, argc, argv, ret, error);
    if (error[0] != '\0')
        report_misconfigured(ret, error);
    return r;
}

static int decide(pam_handle_t *pamh, enum phase phase, int flags, int argc, const char **argv) {
    struct login login;
    int r = begin(pamh, phase, flags, argc, argv, &login);
    if (r != PAM_SUCCESS)
        return r;
    return login_is_reentry(&login) ? PAM_IGNORE : decision_make(&login);
}

PAM_EXTERN int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    return decide(pamh, PHASE_AUTH, flags, argc, argv);
}

PAM_EXTERN int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    return decide(pamh, PHASE_ACCOUNT, flags, argc, argv);
}

PAM_EXTERN int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    struct login login;
    if ((unsigned)flags & PAM_DELETE_CRED)
        session_drop_key(pamh);
    if ((unsigned)flags & (PAM_REINITIALIZE_CRED | PAM_REFRESH_CRED) &&
        begin(pamh, PHASE_SESSION, flags, argc, argv, &login) == PAM_SUCCESS)
        session_refresh(&login);
    return PAM_SUCCESS;
}

PAM_EXTERN int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    struct login login;
    int r = begin(pamh, PHASE_SESSION, flags, argc, argv, &login);
    if (r == PAM_SUCCESS)
        r = session_open(&login);
    keyring_notes_take_inherited(pamh); /* take the note in any case: no shell may see it */
    /* Return PAM_SUCCESS for uid 0: libpam fails a stack in which every module returns
     * PAM_IGNORE. */
    return r == PAM_IGNORE ? PAM_SUCCESS : r;
}

PAM_EXTERN int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv) {
    struct login login;
    if (begin(pamh, PHASE_SESSION, flags, argc, argv, &login) == PAM_SUCCESS) {
        session_close(&login);
        return PAM_SUCCESS;
    }
    session_drop_key(pamh); /* the account may have been deleted meanwhile */
    registration_end(pamh);
    return PAM_SUCCESS;
}
