/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch.c - oauth-login watch: gives open sessions valid tokens, and ends or locks them when their
 * account is closed. All state is in the files of the sessions, so a watch that is killed loses
 * nothing.
 */
#include "watch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "end_session.h"
#include "exit_status.h"
#include "jobs.h"
#include "scoped.h"
#include "session_file.h"
#include "session_key.h"

enum {
    TICK = 30,        /* seconds: sessions due later than this are left to the timer's next run */
    CHECK_AGAIN = 60, /* seconds: the interval if the helper gave none */
    READING_TIME = 2, /* seconds to read the warning on a terminal */
    LOGIN_TAKES =
        60, /* seconds: the longest time from the provider's answer to the opening of the session */
};

struct sessions {
    struct session_file *list;
    int count;
};

/* Removes the sessions whose leader ended without closing them, and revokes their tokens. */
static void remove_dead(struct sessions *sessions) {
    int alive = 0;
    for (int i = 0; i < sessions->count; i++) {
        struct session_file *session = &sessions->list[i];
        if (session_leader_lives(session)) {
            sessions->list[alive++] = *session;
            continue;
        }
        if (session->keyring > 0)
            session_key_revoke(session->keyring);
        session_file_remove(session);
    }
    sessions->count = alive;
}

/* Tells whether one check covers both sessions. */
static bool is_same(const struct session_file *a, const struct session_file *b) {
    return strcmp(a->account, b->account) == 0 && strcmp(a->config, b->config) == 0;
}

/* Returns the greatest age, in seconds, at which a provider's answer may be reused. For a new
 * session: the age of its login, so that the login's own answer is reused. Otherwise: half the
 * interval, so that an answer that another login got meanwhile may be reused. */
static uint32_t reuse_within(const struct session_file *session, int64_t now) {
    if (session->due != 0)
        return session->interval / 2;
    int64_t age = now - session->opened + LOGIN_TAKES;
    return age > 0 && age < PROTOCOL_DURATION_MAX ? (uint32_t)age : 0;
}

/* Shortens the interval by up to a tenth, always the same for an account, so that not all accounts
 * are checked at once. */
static uint32_t spread(const char *account, uint32_t seconds) {
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (; *account != '\0'; account++)
        hash = (hash ^ (unsigned char)*account) * 16777619U;
    return seconds - (uint32_t)((uint64_t)(seconds / 10) * (hash % 1000) / 1000);
}

static void plant(const struct session_file *session, const struct ask_reply *reply) {
    uint32_t left = ask_seconds_left(reply);

    if (session->keyring <= 0 || left == 0)
        return;
    int r = session_key_replace(session->keyring, reply->provider, reply->token, reply->token_size,
                                left);
    if (r < 0)
        syslog(LOG_WARNING, "%s: no new token for the session of %s[%d]: %s", session->account,
               session->service, session->leader, strerror(-r));
}

/* Records when the account's sessions must be checked again. MUST come after the action on them, so
 * that a watch that is killed in between checks them once more. Returns false if the time could not
 * be written. */
static bool note_next(struct sessions *sessions, const struct session_file *which,
                      uint32_t interval, bool shared) {
    int64_t now = session_file_now();
    bool noted = true;

    for (int i = 0; i < sessions->count; i++) {
        struct session_file *session = &sessions->list[i];
        if (!is_same(session, which))
            continue;
        if (shared && session->due > now)
            continue; /* a new session must not postpone the check of existing ones */

        session->interval = interval;
        session->due = now + spread(session->account, interval);
        int r = session_file_update(session);
        if (r >= 0 || r == -ENOENT) /* -ENOENT: it was closed meanwhile */
            continue;
        noted = false;
        syslog(LOG_ERR, "cannot write " OAUTH_LOGIN_RUN "/sessions/%s: %s", session->name,
               strerror(-r));
    }
    return noted;
}

/* Returns the action, or ACTION_LOG instead of ACTION_TERMINATE if the leader also has open
 * sessions of other accounts, which would end with it. */
static enum protocol_action spare_others(const struct sessions *sessions,
                                         const struct session_file *session,
                                         enum protocol_action action) {
    for (int i = 0; i < sessions->count && action == ACTION_TERMINATE; i++)
        if (sessions->list[i].leader == session->leader &&
            strcmp(sessions->list[i].account, session->account) != 0)
            return ACTION_LOG;
    return action;
}

/* Takes the reply's action on the account's sessions, and plants its token in them. */
static void act(const struct sessions *sessions, const struct session_file *which,
                const struct ask_reply *reply) {
    bool warned = false;

    for (int i = 0; i < sessions->count; i++) {
        const struct session_file *session = &sessions->list[i];
        if (is_same(session, which))
            warned |= end_session_warn(session, spare_others(sessions, session, reply->action));
    }
    if (warned)
        sleep(READING_TIME);

    for (int i = 0; i < sessions->count; i++) {
        const struct session_file *session = &sessions->list[i];
        if (!is_same(session, which))
            continue;
        plant(session, reply);
        end_session_take_action(session, spare_others(sessions, session, reply->action),
                                verdict_name(reply->verdict), reply->reason);
    }
}

/* Checks all sessions of the account that `due` belongs to, by one request. Returns false on
 * failure. */
static bool check(struct sessions *sessions, const struct session_file *due) {
    struct ask_reply reply;
    struct session_file which = *due;
    struct ask_request request = {
        .operation = OPERATION_WATCH,
        .user = which.account,
        .service = "oauth-login-watch",
        .offline_grace = PROTOCOL_UNSET,
        .reuse_within = reuse_within(&which, session_file_now()),
        .deadline = PROTOCOL_UNSET,
        .config = which.config[0] != '\0' ? which.config : NULL,
    };

    ask_helper(&request, &reply);
    act(sessions, &which, &reply);

    uint32_t interval = reply.check_after > 0 ? reply.check_after : CHECK_AGAIN;
    bool noted = note_next(sessions, &which, interval, reply.source == SOURCE_SHARED);
    ask_clear(&reply);
    return noted;
}

/* Tells whether the session is due, and no session before it in the list leads to the same
 * check. */
static bool is_first_due(const struct sessions *sessions, int which, int64_t now) {
    const struct session_file *list = sessions->list;
    for (int i = 0; i < which; i++)
        if (list[i].due <= now && is_same(&list[i], &list[which]))
            return false;
    return list[which].due <= now;
}

/* Checks the accounts that have a due session, in parallel: a provider that does not answer must
 * not delay other accounts. The jobs close `lock`, so that it ends with this process. Returns false
 * if the check of an account failed. */
static bool check_due(struct sessions *sessions, int lock) {
    struct jobs jobs = {.failed = false};
    int64_t now = session_file_now();

    for (int i = 0; i < sessions->count; i++)
        if (is_first_due(sessions, i, now) && jobs_begin(&jobs)) {
            close(lock);
            _exit(check(sessions, &sessions->list[i]) ? EXIT_YES : EXIT_FAULT);
        }
    return jobs_finish(&jobs);
}

/* Returns the time when the next session is due; INT64_MAX if there is no session. */
static int64_t find_next(const struct sessions *sessions) {
    int64_t next = INT64_MAX;
    for (int i = 0; i < sessions->count; i++)
        if (sessions->list[i].due < next)
            next = sessions->list[i].due;
    return next;
}

/* Reports an error, also to the log: the journal may not keep the standard error of a unit. */
static enum exit_status cannot_watch(const char *what, const char *why) {
    fprintf(stderr, "oauth-login: cannot %s: %s\n", what, why);
    syslog(LOG_ERR, "cannot %s: %s", what, why);
    return EXIT_FAULT;
}

static enum exit_status cannot_read(int error) {
    return cannot_watch("read " OAUTH_LOGIN_RUN "/sessions", strerror(error));
}

static void sleep_until(int64_t due) {
    struct timespec until = {.tv_sec = due};
    clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &until, NULL);
}

static enum exit_status watch(int lock) {
    for (;;) {
        struct sessions sessions = {.list = NULL};
        sessions.count = session_file_read_all(&sessions.list);
        if (sessions.count < 0) {
            free(sessions.list);
            return cannot_read(-sessions.count);
        }

        remove_dead(&sessions);
        int64_t now = session_file_now(), next = find_next(&sessions);
        bool done = next > now || check_due(&sessions, lock);
        free(sessions.list);

        if (!done) /* do not retry here: it might fail again at once */
            return cannot_watch(
                "check every account",
                "a process failed or could not be started; the next run tries again");
        if (next > now + TICK)
            return EXIT_YES;
        sleep_until(next);
    }
}

enum exit_status command_watch(const struct arguments *arguments) {
    (void)arguments;
    if (geteuid() != 0) {
        fprintf(stderr, "oauth-login: only root can watch sessions\n");
        return EXIT_NOT_PERMITTED;
    }

    openlog("oauth-login", LOG_PID, LOG_AUTHPRIV);
    /* A leader that /proc hides from us would look like one that has ended. */
    if (session_leader_started(1) == 0)
        return cannot_watch("see the processes of other users",
                            "/proc is mounted with hidepid; give the unit the group of its gid=, "
                            "by: systemctl edit oauth-login-watch.service, [Service] "
                            "SupplementaryGroups=GROUP");

    /* Only one watch may run: a second one would renew what the first has just renewed. */
    SCOPED_FD int lock = session_file_lock();
    if (lock == -EWOULDBLOCK) {
        fprintf(stderr, "oauth-login: another watch is running\n");
        return EXIT_YES;
    }
    if (lock == -ENOENT)
        return EXIT_YES; /* no session was opened yet */
    if (lock < 0)
        return cannot_read(-lock);
    return watch(lock);
}
