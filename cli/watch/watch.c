/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch.c - oauth-login watch: the open sessions keep a valid token, and end with the account. What
 * is known of them lies in their files, so that a watch that was ended loses nothing.
 */
#include "watch.h"

#include <errno.h>
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
    TICK = 30,        /* seconds: what falls due later is for the timer's next run */
    CHECK_AGAIN = 60, /* seconds, when the helper could not say */
    READING_TIME = 2, /* seconds that somebody at a terminal gets to read why */
    LOGIN_TAKES = 60, /* seconds at most between the provider's answer and the session */
};

struct sessions {
    struct session_file *list;
    int count;
};

/* Forgets the sessions whose leader ended without closing them; their tokens end with them. */
static void bury_dead(struct sessions *sessions) {
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

static bool is_same(const struct session_file *a, const struct session_file *b) {
    return strcmp(a->account, b->account) == 0 && strcmp(a->config, b->config) == 0;
}

/* How old an answer of the provider's may be to count: a login's own, for a session that is new;
 * else one of the newer half of the interval, which another login has got meanwhile. */
static uint32_t reuse_within(const struct session_file *session, int64_t now) {
    if (session->due != 0)
        return session->interval / 2;
    int64_t age = now - session->opened + LOGIN_TAKES;
    return age > 0 && age < PROTOCOL_DURATION_MAX ? (uint32_t) age : 0;
}

/* Spreads accounts over the last tenth of their interval, each always at its own place. */
static uint32_t spread(const char *account, uint32_t seconds) {
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (; *account != '\0'; account++)
        hash = (hash ^ (unsigned char) *account) * 16777619U;
    return seconds - (uint32_t) ((uint64_t) (seconds / 10) * (hash % 1000) / 1000);
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

/* When the account's sessions are due again. Written after all that is to be done to them: a watch
 * that is ended meanwhile asks once more. False when it could not be written. */
static bool note_next(struct sessions *sessions, const struct session_file *which,
                      uint32_t interval, bool shared) {
    int64_t now = session_file_now();
    bool noted = true;
    for (int i = 0; i < sessions->count; i++) {
        struct session_file *session = &sessions->list[i];
        if (!is_same(session, which))
            continue;
        if (shared && session->due > now)
            continue; /* new sessions put the question to the provider off for no other */
        session->interval = interval;
        session->due = now + spread(session->account, interval);
        int r = session_file_update(session);
        if (r >= 0 || r == -ENOENT) /* it may have been closed meanwhile, and stays so */
            continue;
        noted = false;
        syslog(LOG_ERR, "cannot write " OAUTH_LOGIN_RUN "/sessions/%s: %s", session->name,
               strerror(-r));
    }
    return noted;
}

/* The same action, but for a program that has sessions of other accounts open, too: they would all
 * end with it. */
static enum protocol_action spare_others(const struct sessions *sessions,
                                         const struct session_file *session,
                                         enum protocol_action action) {
    for (int i = 0; i < sessions->count && action == ACTION_TERMINATE; i++)
        if (sessions->list[i].leader == session->leader &&
            strcmp(sessions->list[i].account, session->account) != 0)
            return ACTION_LOG;
    return action;
}

/* What the answer means for the account's sessions. */
static void act(const struct sessions *sessions, const struct session_file *which,
                const struct ask_reply *reply) {
    bool warned = false;
    for (int i = 0; i < sessions->count; i++) {
        const struct session_file *session = &sessions->list[i];
        if (is_same(session, which))
            warned |= revoked_warn(session, spare_others(sessions, session, reply->action));
    }
    if (warned)
        sleep(READING_TIME);
    for (int i = 0; i < sessions->count; i++) {
        const struct session_file *session = &sessions->list[i];
        if (!is_same(session, which))
            continue;
        plant(session, reply);
        revoked_act(session, spare_others(sessions, session, reply->action),
                    verdict_name(reply->verdict), reply->reason);
    }
}

/* One question for all the sessions of the account that `due` belongs to. */
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

/* Whether the session is due, and none before it was that shares its question. */
static bool is_first_due(const struct sessions *sessions, int which, int64_t now) {
    const struct session_file *list = sessions->list;
    for (int i = 0; i < which; i++)
        if (list[i].due <= now && is_same(&list[i], &list[which]))
            return false;
    return list[which].due <= now;
}

/* Checks the accounts that have a session which is due, beside each other: a provider that does not
 * answer holds up nobody else. `lock` is this process's alone, and ends with it. False when it
 * failed for one. */
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

/* When the next is due; INT64_MAX when there is no session. */
static int64_t find_next(const struct sessions *sessions) {
    int64_t next = INT64_MAX;
    for (int i = 0; i < sessions->count; i++)
        if (sessions->list[i].due < next)
            next = sessions->list[i].due;
    return next;
}

/* To the log as well: of a unit's standard error, the journal may keep nothing. */
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
        bury_dead(&sessions);
        int64_t now = session_file_now(), next = find_next(&sessions);
        bool done = next > now || check_due(&sessions, lock);
        free(sessions.list);
        if (!done)
            return cannot_watch(
                "look after every account", /* not at once again */
                "a process failed, or none could be started; the next run tries again");
        if (next > now + TICK)
            return EXIT_YES;
        sleep_until(next);
    }
}

enum exit_status command_watch(const struct arguments *arguments) {
    (void) arguments;
    if (geteuid() != 0) {
        fprintf(stderr, "oauth-login: only root can look after sessions\n");
        return EXIT_NOT_PERMITTED;
    }
    openlog("oauth-login", LOG_PID, LOG_AUTHPRIV);
    /* A leader that can't be seen would pass for one that has ended. */
    if (session_leader_started(1) == 0)
        return cannot_watch("see others' processes",
                            "/proc is mounted with hidepid; give the unit the group of its gid=, "
                            "by: systemctl edit oauth-login-watch.service, [Service] "
                            "SupplementaryGroups=GROUP");
    /* One at a time: a second would renew what the first has just renewed. */
    SCOPED_FD int lock = session_file_lock();
    if (lock == -EWOULDBLOCK) {
        fprintf(stderr, "oauth-login: another watch is running\n");
        return EXIT_YES;
    }
    if (lock == -ENOENT)
        return EXIT_YES; /* nobody has opened a session yet */
    if (lock < 0)
        return cannot_read(-lock);
    return watch(lock);
}
