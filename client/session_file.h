/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_file.h - the sessions that are open: a file for each in /run/oauth-login/sessions, which
 * is root's alone. They vanish with the machine's run, as sessions do.
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
    char name[SESSION_FILE_NAME_SIZE]; /* the file's: session_file_add makes it */
    char account[PROTOCOL_NAME_MAX + 1];
    char service[PROTOCOL_NAME_MAX + 1];
    char terminal[64]; /* as PAM_TTY had it; "" when there is none */
    char config[256];  /* the configuration it goes by; "" for the usual one */
    pid_t leader;      /* the process that opened the session, and will close it */
    uint64_t
        leader_started; /* clock ticks of this boot, since its number may be another's one day */
    key_serial_t ring;  /* the session's keyring oauth-login; 0: none */
    int64_t opened;     /* seconds of the boot clock */
    int64_t due;        /* the same: when it is to be looked at; 0: not looked at yet */
    uint32_t interval;  /* seconds, from the look before to `due` */
};

/* Now, in seconds of the boot clock, by which sessions are timed. */
int64_t session_file_now(void);

/* When the process `pid` began, in clock ticks of this boot; 0 when it has ended. */
uint64_t session_leader_started(pid_t pid);

/* The controlling terminal of the process; 0 when there is none. */
dev_t session_leader_terminal(pid_t pid);

/* Whether the process that opened the session is still there. */
bool session_leader_lives(const struct session_file *session);

/* Whether a file can have this value: it begins with no blank, and has no control character. */
bool session_file_takes(const char *text);

/* Adds the session, whole or not at all, and gives it a name that no other has. Negative errno;
 * -EINVAL for a value that session_file_takes does not take. */
int session_file_add(struct session_file *session);

/* Writes what has changed, whole or not at all. -ENOENT: the session was closed meanwhile, and
 * stays so; or another negative errno. */
int session_file_update(const struct session_file *session);

/* Removes the file; one that is gone is fine. */
void session_file_remove(const struct session_file *session);

/* Waits for nobody: a descriptor that makes the caller the only one to look after the sessions
 * until it is closed. -EWOULDBLOCK when another is; or another negative errno. */
int session_file_lock(void);

/* Reads all that are there into `*ret`, which the caller frees: their number, or negative errno.
 * What is no session's file is left out. */
int session_file_read_all(struct session_file **ret);

#endif
