/*
 * registration.c - an open session is known to oauth-login-watch.
 */
#include "registration.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "session_file.h"

static const char registered[] = "pam_oauth_login_session";

static void forget(pam_handle_t *pamh, void *data, int error_status) {
    (void) pamh;
    (void) error_status;
    free(data);
}

static int64_t boot_seconds(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

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
    if (!put(session->terminal, sizeof session->terminal, terminal))
        session->terminal[0] = '\0'; /* half a name would be another's */
    session->leader = getpid();
    session->leader_started = session_leader_started(session->leader);
    session->ring = ring;
    session->opened = boot_seconds();
    int r = session_file_add(session);
    if (r >= 0 && pam_set_data(login->pamh, registered, session, forget) != PAM_SUCCESS) {
        session_file_remove(session);
        r = -ENOMEM;
    }
    if (r < 0)
        free(session);
    return r;
}

static bool is_last(const char *account) {
    struct session_file *sessions = NULL;
    bool last = true;
    int count = session_file_read_all(&sessions);
    for (int i = 0; i < count && last; i++)
        last = strcmp(sessions[i].account, account) != 0 || !session_leader_lives(&sessions[i]);
    free(sessions);
    return count >= 0 && last;
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
