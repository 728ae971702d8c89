/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ask.h - a question to the helper, and its answer.
 */
#ifndef OAUTH_LOGIN_CLIENT_ASK_H
#define OAUTH_LOGIN_CLIENT_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"

/* An account of status or list. */
struct ask_entry {
    char account[PROTOCOL_NAME_MAX + 1];
    uint32_t uid;
    char provider[PROTOCOL_NAME_MAX + 1];
    char subject[PROTOCOL_TEXT_MAX + 1];
    int64_t enrolled, last_granted, expires; /* wall seconds, 0: never */
    enum verdict last_verdict;
    enum protocol_account state;
};

/* What the person is to do elsewhere. */
struct ask_prompt {
    char address[PROTOCOL_ADDRESS_MAX + 1];
    char address_with_code[PROTOCOL_ADDRESS_MAX + 1]; /* "" when there is none */
    char code[PROTOCOL_NAME_MAX + 1];
    uint32_t seconds;
    uint32_t port; /* of the loopback redirect; 0: none */
};

/* What doctor found. */
struct ask_finding {
    enum protocol_level level;
    char what[PROTOCOL_TEXT_MAX + 1];
    char why[PROTOCOL_TEXT_MAX + 1]; /* it matters; "" when good */
    char fix[PROTOCOL_TEXT_MAX + 1]; /* "" when good */
};

struct ask_request {
    enum protocol_operation operation;
    const char *user;       /* "" for LIST */
    const char *service;    /* "" when there is none */
    uint32_t offline_grace; /* seconds; PROTOCOL_UNSET: as configured */
    uint32_t reuse_within;
    uint32_t deadline;
    const char *config; /* another configuration file, or NULL */
    const void *input;  /* protocol.h; for IMPORT the refresh token */
    size_t input_size;
    /* Called for each account of STATUS and LIST, or NULL. */
    void (*on_entry)(const struct ask_entry *entry, void *context);
    /* Called when the wait for `provider` begins, or NULL. */
    void (*on_wait)(const char *provider, void *context);
    /* Called when the person has to do something, or NULL; may take its time. False gives up:
     * the helper is hung up on, and the answer is FAULT. */
    bool (*on_prompt)(const struct ask_prompt *prompt, void *context);
    /* Called for each finding of DOCTOR, or NULL. */
    void (*on_finding)(const struct ask_finding *finding, void *context);
    void *context;
};

/* All texts, and the token, are printable ASCII, whatever the helper sent. */
struct ask_reply {
    enum verdict verdict;
    enum source source;
    bool rotated;
    int64_t milliseconds;                 /* from question to answer */
    char provider[PROTOCOL_NAME_MAX + 1]; /* "" when none was asked */
    char reason[PROTOCOL_TEXT_MAX + 1];   /* for the log */
    char message[PROTOCOL_TEXT_MAX + 1];  /* for the person, "" when there is nothing to say */
    int64_t expires;                      /* of the access token, wall seconds */
    char scope[PROTOCOL_SCOPE_MAX + 1];   /* of the access token */
    uint8_t token[PROTOCOL_TOKEN_MAX];    /* for TOKEN and its like */
    size_t token_size;
    enum protocol_action action; /* for WATCH: what the account's sessions are to meet */
    uint32_t check_after;        /* for WATCH: seconds until they are to be looked at again */
};

/* Asks the resident helper where there is one, or else, as root, one that it starts; waits for the
 * answer no longer than the deadline and half a second, and one more second for a resident helper
 * that does not begin. Always fills `ret`: what fails on the way is a verdict of FAULT or
 * UNREACHABLE with its reason. The caller wipes it with ask_clear. */
void ask_helper(const struct ask_request *request, struct ask_reply *ret);

/* Seconds that the answer's token has to live, 0 when there is none that is valid. */
uint32_t ask_seconds_left(const struct ask_reply *reply);

void ask_clear(struct ask_reply *reply);

#endif
