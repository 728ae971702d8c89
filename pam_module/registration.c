/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * registration.c - registering open sessions for oauth-login-watch.
 */
#include "registration.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session_file.h"
#include "text.h"

/* A name of pam_set_data(3). */
static const char registered[] = "pam_oauth_login_session";

static bool copy(char *ret, size_t size, const char *text) {
    return text_copy(ret, size, text ? text : "");
}

int registration_begin(const struct login *login, key_serial_t keyring) {
    const void *terminal = NULL, *kept = NULL;

    if (pam_get_data(login->pamh, registered, &kept) == PAM_SUCCESS && kept)
        return 0; /* opened twice: it is one session */

    struct session_file *session = calloc(1, sizeof *session);
    if (!session)
        return -ENOMEM;
    pam_get_item(login->pamh, PAM_TTY, &terminal);
    if (!copy(session->account, sizeof session->account, login->user) ||
        !copy(session->service, sizeof session->service, login_service(login)) ||
        !copy(session->config, sizeof session->config, login->options.config)) {
        free(session);
        return -ENAMETOOLONG;
    }
    if (!copy(session->terminal, sizeof session->terminal, terminal) ||
        !session_file_accepts(session->terminal))
        session->terminal[0] = '\0'; /* a truncated name could be another terminal's */
    session->leader = getpid();
    session->leader_started = session_leader_started(session->leader);
    session->keyring = keyring;
    session->opened = session_file_now();

    int r = session_file_add(session);
    if (r >= 0 && !login_keep(login->pamh, registered, session)) {
        session_file_remove(session);
        r = -ENOMEM;
    }
    if (r < 0)
        free(session);
    return r;
}

int registration_read(const char *account, struct session_file **ret) {
    int count = 0;
    int all = session_file_read_all(ret);

    for (int i = 0; i < all; i++) {
        const struct session_file *session = &(*ret)[i];
        if (strcmp(session->account, account) == 0 && session_leader_lives(session))
            (*ret)[count++] = *session;
    }
    return all < 0 ? all : count;
}

static bool is_last(const char *account) {
    struct session_file *left = NULL;
    int count = registration_read(account, &left);
    free(left);
    return count == 0;
}

bool registration_end(pam_handle_t *pamh) {
    char account[PROTOCOL_NAME_MAX + 1];
    const void *kept = NULL;

    if (pam_get_data(pamh, registered, &kept) != PAM_SUCCESS || !kept)
        return false;

    const struct session_file *session = kept;
    text_copy(account, sizeof account, session->account);
    session_file_remove(session);
    pam_set_data(pamh, registered, NULL, NULL);
    return is_last(account);
}
