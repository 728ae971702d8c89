/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * registration.c - an open session is known to oauth-login-watch.
 */
#include "registration.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session_file.h"

static const char registered[] = "pam_oauth_login_session";

static bool put(char *to, size_t size, const char *text) {
    return (size_t) snprintf(to, size, "%s", text ? text : "") < size;
}

int registration_begin(const struct login *login, key_serial_t ring) {
    const void *terminal = NULL, *kept = NULL;
    if (pam_get_data(login->pamh, registered, &kept) == PAM_SUCCESS && kept)
        return 0; /* opened twice: it is one session */
    struct session_file *session = calloc(1, sizeof *session);
    if (!session)
        return -ENOMEM;
    pam_get_item(login->pamh, PAM_TTY, &terminal);
    if (!put(session->account, sizeof session->account, login->user) ||
        !put(session->service, sizeof session->service, login_service(login)) ||
        !put(session->config, sizeof session->config, login->options.config)) {
        free(session);
        return -ENAMETOOLONG;
    }
    if (!put(session->terminal, sizeof session->terminal, terminal) ||
        !session_file_takes(session->terminal))
        session->terminal[0] = '\0'; /* half a name would be another's */
    session->leader = getpid();
    session->leader_started = session_leader_started(session->leader);
    session->ring = ring;
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
    snprintf(account, sizeof account, "%s", session->account);
    session_file_remove(session);
    pam_set_data(pamh, registered, NULL, NULL);
    return is_last(account);
}
