/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ask.h - a request to the helper, and its reply.
 */
#ifndef OAUTH_LOGIN_CLIENT_ASK_H
#define OAUTH_LOGIN_CLIENT_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol.h"

/* An account, as STATUS and LIST show it. */
struct ask_entry {
    char account[PROTOCOL_NAME_MAX + 1];
    uint32_t uid;
    char provider[PROTOCOL_NAME_MAX + 1];
    char subject[PROTOCOL_TEXT_MAX + 1];
    int64_t enrolled, last_granted, expires; /* wall seconds, 0: never */
    enum verdict last_verdict;
    enum protocol_account_state state;
};

/* An approval that the user must give elsewhere. */
struct ask_prompt {
    char address[PROTOCOL_ADDRESS_MAX + 1];
    char address_with_code[PROTOCOL_ADDRESS_MAX + 1]; /* "" if there is none */
    char code[PROTOCOL_NAME_MAX + 1];
    uint32_t seconds; /* time to approve */
    uint32_t port;    /* of the loopback redirect; 0: none */
};

/* A finding of doctor. */
struct ask_finding {
    enum protocol_level level;
    char what[PROTOCOL_TEXT_MAX + 1];
    char why[PROTOCOL_TEXT_MAX + 1]; /* why it matters; "" at LEVEL_GOOD */
    char fix[PROTOCOL_TEXT_MAX + 1]; /* "" at LEVEL_GOOD */
};

struct ask_request {
    enum protocol_operation operation;
    const char *user;       /* "" for LIST */
    const char *service;    /* "" if there is none */
    uint32_t offline_grace; /* seconds; PROTOCOL_UNSET: as configured */
    uint32_t reuse_within;  /* likewise */
    uint32_t deadline;      /* likewise */
    const char *config;     /* another configuration file, or NULL */
    const void *input;      /* see REQUEST in protocol.h; NULL if there is none */
    size_t input_size;
    /* Called for each account of STATUS and LIST, or NULL. */
    void (*on_entry)(const struct ask_entry *entry, void *context);
    /* Called when the wait for `provider` begins, or NULL. */
    void (*on_wait)(const char *provider, void *context);
    /* Called when the user must approve something, or NULL. May block. Returns false to give up:
     * the connection is closed, and the verdict is FAULT. */
    bool (*on_prompt)(const struct ask_prompt *prompt, void *context);
    /* Called for each finding of DOCTOR, or NULL. */
    void (*on_finding)(const struct ask_finding *finding, void *context);
    void *context; /* passed to each of them */
};

/* A reply. Its texts and its token are printable ASCII, whatever the helper sent. End with
 * ask_clear. */
struct ask_reply {
    enum verdict verdict;
    enum source source;
    bool rotated;
    int64_t milliseconds;                 /* from request to reply */
    char provider[PROTOCOL_NAME_MAX + 1]; /* "" if none was asked */
    char reason[PROTOCOL_TEXT_MAX + 1];   /* for the log */
    char message[PROTOCOL_TEXT_MAX + 1];  /* for the user; may be "" */
    int64_t expires;                      /* of the access token, wall seconds */
    char scope[PROTOCOL_SCOPE_MAX + 1];   /* of the access token */
    uint8_t *token;              /* of TOKEN and the like, allocated; NULL if there is none */
    size_t token_size;           /* bytes; 0 if there is no token */
    enum protocol_action action; /* WATCH: to take on the account's sessions now */
    uint32_t check_after;        /* WATCH: seconds until they must be checked again */
};

/* Sends the request to the resident helper, or if there is none and the caller is root, to a helper
 * that it starts. Waits for the reply until half a second after the deadline, and one second more
 * if it first tried a resident helper that sent no NOTICE. Always fills in `ret`, and never reads
 * its old content; every failure is a verdict of FAULT or UNREACHABLE with its reason. */
void ask_helper(const struct ask_request *request, struct ask_reply *ret);

/* Returns the seconds until the reply's token expires; 0 if it has no valid one. */
uint32_t ask_seconds_left(const struct ask_reply *reply);

/* Wipes the reply, and frees its token. A zeroed or cleared one is fine. */
void ask_clear(struct ask_reply *reply);

#endif
