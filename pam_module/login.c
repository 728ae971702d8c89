/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * login.c - the login that a PAM entry point is called for.
 */
#include "login.h"

#include <pwd.h>
#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <stdlib.h>
#include <string.h>

static const char *text_item(const struct login *login, int item) {
    const void *text = NULL;
    return pam_get_item(login->pamh, item, &text) == PAM_SUCCESS && text ? text : "";
}

const char *login_service(const struct login *login) {
    return text_item(login, PAM_SERVICE);
}

const char *login_rhost(const struct login *login) {
    return text_item(login, PAM_RHOST);
}

bool login_is_reentry(const struct login *login) {
    return strcmp(login_service(login), "systemd-user") == 0;
}

bool login_has_same_user(const struct login *login) {
    const struct passwd *entry = pam_modutil_getpwnam(login->pamh, text_item(login, PAM_USER));
    return entry && entry->pw_uid == login->uid && strcmp(entry->pw_name, login->user) == 0;
}

/* Looks up PAM_USER, in each phase: it may have changed since the phase before. */
static int find_account(struct login *login) {
    const char *user = NULL;

    int r = pam_get_user(login->pamh, &user, NULL);
    if (r != PAM_SUCCESS)
        return r == PAM_CONV_AGAIN ? PAM_INCOMPLETE : r;
    if (!user || user[0] == '\0')
        return PAM_USER_UNKNOWN;
    const struct passwd *entry = pam_modutil_getpwnam(login->pamh, user);
    if (!entry)
        return PAM_USER_UNKNOWN;

    login->user = entry->pw_name;
    login->uid = entry->pw_uid;
    login->gid = entry->pw_gid;
    return PAM_SUCCESS;
}

int login_begin(pam_handle_t *pamh, enum phase phase, int flags, int argc, const char **argv,
                struct login *ret, char ret_error[OPTIONS_ERROR_SIZE]) {
    ret_error[0] = '\0';
    *ret = (struct login){.pamh = pamh, .phase = phase};

    int r = find_account(ret);
    if (r != PAM_SUCCESS)
        return r;
    if (ret->uid == 0)
        return PAM_IGNORE;

    ret->silent = (unsigned)flags & PAM_SILENT;
    if (!options_parse(argc, argv, &ret->options, ret_error))
        return PAM_SERVICE_ERR;
    ret->silent = ret->silent || ret->options.quiet;
    return PAM_SUCCESS;
}

/* A cleanup of pam_set_data(3). */
static void free_kept(pam_handle_t *pamh, void *data, int error_status) {
    (void)pamh;
    (void)error_status;
    free(data);
}

bool login_keep(pam_handle_t *pamh, const char *name, void *data) {
    return pam_set_data(pamh, name, data, free_kept) == PAM_SUCCESS;
}

struct ask_request login_request(const struct login *login, enum protocol_operation operation) {
    return (struct ask_request){
        .operation = operation,
        .user = login->user,
        .service = login_service(login),
        .offline_grace = login->options.offline_grace,
        .reuse_within = login->options.reuse_within,
        .deadline = login->options.deadline,
        .config = login->options.config,
    };
}

void login_ask(const struct login *login, enum protocol_operation operation,
               struct ask_reply *ret) {
    struct ask_request request = login_request(login, operation);
    ask_helper(&request, ret);
}
