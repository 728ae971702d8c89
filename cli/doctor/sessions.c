/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sessions.c - checks whether the open sessions are watched.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "parts.h"
#include "session_file.h"

/* Seconds. The timer starts a watch twice a minute, and one may have to wait for a provider. */
enum { LATE = 120 };

static bool is_overdue(const struct session_file *session, int64_t now) {
    int64_t due = session->due != 0 ? session->due : session->opened;
    return session_leader_lives(session) && due + LATE < now;
}

void doctor_look_at_sessions(struct findings *findings) {
    struct session_file *sessions = NULL;
    int64_t now = session_file_now();
    int overdue = 0;

    int count = session_file_read_all(&sessions);
    for (int i = 0; i < count; i++)
        overdue += is_overdue(&sessions[i], now);
    free(sessions);

    if (overdue > 0)
        findings_problem(
            findings, LEVEL_WARNING, VERDICT_MISCONFIGURED,
            "their tokens expire, and they stay open after their accounts were closed",
            "systemctl enable --now oauth-login-watch.timer; without systemd, have cron "
            "run: oauth-login watch",
            "sessions: %d of %d were not checked in time", overdue, count);
    else if (count > 0)
        findings_good(findings, "sessions: %d open, all checked in time", count);
}
