/*
 * session_file.h - the sessions that are open: a file for each in /run/oauth-login/sessions, which
 * is root's alone. They vanish with the machine's run, as sessions do.
 */
#ifndef OAUTH_LOGIN_SESSION_FILE_H
#define OAUTH_LOGIN_SESSION_FILE_H

#include <keyutils.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol.h"

enum { SESSION_FILE_NAME_SIZE = 64 };

struct session_file {
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

/* When the process `pid` began, in clock ticks of this boot; 0 when there is none. */
uint64_t session_leader_started(pid_t pid);

/* Whether the process that opened the session is still there. */
bool session_leader_lives(const struct session_file *session);

/* The file's name, which the leader and the ring make: no two open sessions have one. */
const char *session_file_name(const struct session_file *session, char ret[SESSION_FILE_NAME_SIZE]);

/* Writes the file, whole or not at all. Negative errno; -EINVAL for a name with a control character
 * in it. */
int session_file_write(const struct session_file *session);

/* Removes the file; one that is gone is fine. */
void session_file_remove(const struct session_file *session);

/* Reads all that are there into `*ret`, which the caller frees: their number, or negative errno.
 * What is no session's file is left out. */
int session_file_read_all(struct session_file **ret);

#endif
