/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_file.h - the open sessions: a file for each in /run/oauth-login/sessions, which only root
 * can enter. /run is emptied at boot, when no session is left.
 */
#ifndef OAUTH_LOGIN_CLIENT_SESSION_FILE_H
#define OAUTH_LOGIN_CLIENT_SESSION_FILE_H

#include <keyutils.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol.h"

enum { SESSION_FILE_NAME_SIZE = 64 };

struct session_file {
    char name[SESSION_FILE_NAME_SIZE]; /* of the file: set by session_file_add */
    char account[PROTOCOL_NAME_MAX + 1];
    char service[PROTOCOL_NAME_MAX + 1];
    char terminal[64];       /* PAM_TTY; "" if it is not set */
    char config[256];        /* the module's option config; "": the default configuration */
    pid_t leader;            /* the process that opened the session, and will close it */
    uint64_t leader_started; /* the leader's start time, in clock ticks since boot: detects that its
                                PID was reused */
    key_serial_t keyring;    /* the session's keyring oauth-login; 0: none */
    int64_t opened;          /* seconds of the boot clock */
    int64_t due;             /* likewise: when it must be checked; 0: not checked yet */
    uint32_t interval;       /* seconds from the last check to `due` */
};

/* Returns the time in seconds of the boot clock, by which sessions are timed. */
int64_t session_file_now(void);

/* Returns when the process `pid` started, in clock ticks since boot; 0 if it has ended. */
uint64_t session_leader_started(pid_t pid);

/* Tells whether the process that opened the session is still running. */
bool session_leader_lives(const struct session_file *session);

/* Tells whether a session's file can hold this value: it must have no blank at its start, and no
 * control character. */
bool session_file_accepts(const char *text);

/* Adds a file for the session, whole or not at all, and sets its name, which no other session has.
 * Returns 0 or a negative errno: -EINVAL for a value that session_file_accepts rejects. */
int session_file_add(struct session_file *session);

/* Writes the session's file anew, whole or not at all. Returns 0 or a negative errno: -ENOENT when
 * the session was closed meanwhile; its file is then not created again. */
int session_file_update(const struct session_file *session);

/* Removes the file, if it is there. */
void session_file_remove(const struct session_file *session);

/* Makes the caller the only process that checks the sessions, until it closes the descriptor that
 * this returns. Does not wait: -EWOULDBLOCK if there is another, or another negative errno. */
int session_file_lock(void);

/* Reads all sessions into `*ret`, which the caller frees, also after an error. Skips files that are
 * not a session's. Returns their number, or a negative errno. */
int session_file_read_all(struct session_file **ret);

#endif
