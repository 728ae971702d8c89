/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sessions.c - whether somebody looks after the open sessions.
 */
#include <stdlib.h>

#include "parts.h"
#include "session_file.h"

enum { LATE = 120 }; /* seconds: the timer comes twice a minute, a pass may wait for a provider */

static bool is_overdue(const struct session_file *session, int64_t now) {
    int64_t due = session->due != 0 ? session->due : session->opened;
    return session_leader_lives(session) && due + LATE < now;
}

void doctor_look_at_sessions(struct report *report) {
    struct session_file *sessions = NULL;
    int64_t now = session_file_now();
    int overdue = 0;
    int count = session_file_read_all(&sessions);
    for (int i = 0; i < count; i++)
        overdue += is_overdue(&sessions[i], now);
    free(sessions);
    if (overdue > 0)
        report_find(report, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                    "their tokens run out, and they go on when their accounts have ended",
                    "systemctl enable --now oauth-login-watch.timer; without systemd, have cron "
                    "run: oauth-login watch",
                    "sessions: %d of %d should have been looked at, and were not", overdue, count);
    else if (count > 0)
        report_good(report, "sessions: %d are open and looked after", count);
}
