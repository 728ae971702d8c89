/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decision.c - from a verdict to a PAM code.
 *
 * An error MUST never become PAM_IGNORE: in a stack of `required` lines it would let the user in.
 * `auth` MUST never return PAM_SUCCESS before an authentication method has succeeded: a stored
 * grant proves that the account is active, not who is typing.
 */
#include "decision.h"

#include <stdbool.h>

#include "enroll.h"
#include "keyring_notes.h"
#include "report.h"

static const struct {
    int auth, account; /* PAM codes */
} codes[VERDICT_COUNT] = {
    [VERDICT_NONE] = {PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
    [VERDICT_GRANTED] = {PAM_SUCCESS, PAM_SUCCESS},
    [VERDICT_GRANTED_OFFLINE] = {PAM_SUCCESS, PAM_SUCCESS},
    [VERDICT_DENIED] = {PAM_AUTH_ERR, PAM_PERM_DENIED},
    [VERDICT_REAUTHORIZE] = {PAM_AUTH_ERR, PAM_PERM_DENIED},
    [VERDICT_NOT_ENROLLED] = {PAM_AUTH_ERR, PAM_PERM_DENIED},
    [VERDICT_NOT_MANAGED] = {PAM_IGNORE, PAM_IGNORE},
    [VERDICT_UNREACHABLE] = {PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
    [VERDICT_MISCONFIGURED] = {PAM_SERVICE_ERR, PAM_SERVICE_ERR},
    [VERDICT_NOT_PERMITTED] = {PAM_PERM_DENIED, PAM_PERM_DENIED},
    [VERDICT_FAULT] = {PAM_SYSTEM_ERR, PAM_SYSTEM_ERR},
};

/* Tells whether an authentication method has succeeded in this login. sshd sets a variable of the
 * PAM environment when one has. */
static bool is_proven(const struct login *login) {
    const char *methods = pam_getenv(login->pamh, "SSH_AUTH_INFO_0");
    return login->options.assume_proven || (methods && methods[0] >= 'a' && methods[0] <= 'z');
}

/* Returns the PAM code of a login that the provider lets in. */
static int pass(const struct login *login) {
    if (login->phase == PHASE_ACCOUNT || is_proven(login))
        return PAM_SUCCESS;
    report_unproven(login);
    return PAM_IGNORE;
}

/* Returns the PAM code of a verdict in the login's phase, as if a method had succeeded before. */
static int code_of(const struct login *login, enum verdict verdict) {
    if (verdict == VERDICT_NOT_ENROLLED && login->options.nouserok)
        return PAM_IGNORE;
    return login->phase == PHASE_AUTH ? codes[verdict].auth : codes[verdict].account;
}

/* Tells whether the option `enroll` applies: to a refusal in `auth` that a new grant could fix,
 * unless another option lets the login in. */
static bool may_enroll(const struct login *login, enum verdict verdict) {
    const struct options *options = &login->options;
    bool fixable =
        verdict == VERDICT_REAUTHORIZE || (verdict == VERDICT_NOT_ENROLLED && !options->nouserok);
    return login->phase == PHASE_AUTH && options->enroll != ENROLL_NOBODY && fixable &&
           !options->permissive;
}

int decision_make(const struct login *login) {
    struct ask_reply reply;

    keyring_notes_keep_inherited(login);
    login_ask(login, OPERATION_VERIFY, &reply);
    if (may_enroll(login, reply.verdict))
        enroll_person(login, is_proven(login), &reply);

    int code = code_of(login, reply.verdict);
    bool refused = code != PAM_SUCCESS && code != PAM_IGNORE;
    bool letting_in = refused && login->options.permissive;
    report_decision(login, &reply, letting_in);
    if (letting_in)
        code = login->phase == PHASE_AUTH ? PAM_IGNORE : PAM_SUCCESS;
    else if (refused || verdict_is_offline(reply.verdict))
        report_to_person(login, &reply);
    if (code == PAM_SUCCESS)
        code = pass(login);

    ask_clear(&reply);
    return code;
}
