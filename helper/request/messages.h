/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * messages.h - the request that a caller sends, and the frames that the helper replies with.
 */
#ifndef OAUTH_LOGIN_HELPER_REQUEST_MESSAGES_H
#define OAUTH_LOGIN_HELPER_REQUEST_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "protocol.h"
#include "reason.h"
#include "secret.h"

struct request {
    enum protocol_operation operation;
    char user[PROTOCOL_NAME_MAX + 1]; /* as typed; "" for LIST */
    char service[PROTOCOL_NAME_MAX + 1];
    uint32_t offline_grace; /* seconds; PROTOCOL_UNSET: as configured */
    uint32_t reuse_within;
    uint32_t deadline;
    struct secret input;
};

struct reply {
    enum verdict verdict;
    enum source source;
    bool rotated;
    char provider[PROTOCOL_NAME_MAX + 1];
    struct reason reason;                /* for the log */
    char message[PROTOCOL_TEXT_MAX + 1]; /* for the user; printable ASCII */
    int64_t expires;                     /* of the access token, wall seconds; 0: none */
    char scope[PROTOCOL_SCOPE_MAX + 1];  /* as granted */
    struct secret token;                 /* for TOKEN, FRESH_TOKEN and WATCH */
    int64_t last_granted, grace_until;   /* for GRANTED_OFFLINE, wall seconds */
};

/* A line of the output of status or list. */
struct entry {
    char account[PROTOCOL_NAME_MAX + 1];
    uid_t uid;
    char provider[PROTOCOL_NAME_MAX + 1];
    char subject[PROTOCOL_TEXT_MAX + 1];     /* printable ASCII */
    int64_t enrolled, last_granted, expires; /* wall seconds, 0: never */
    enum verdict last_verdict;
    enum protocol_account_state state;
};

/* A step for the user to take in a browser. Texts are printable ASCII. */
struct prompt {
    char address[PROTOCOL_ADDRESS_MAX + 1];
    char address_with_code[PROTOCOL_ADDRESS_MAX + 1]; /* "" when there is none */
    char code[PROTOCOL_NAME_MAX + 1];
    uint32_t seconds;
    uint32_t port; /* of the loopback redirect; 0: none */
};

/* The action to take on the account's open sessions, and when to check them again. */
struct session_action {
    enum protocol_action action;
    uint32_t check_after; /* seconds */
};

/* The time that the caller should wait, and the provider that it waits for. */
struct notice {
    uint32_t milliseconds;
    const char *provider;
};

/* A finding of doctor. */
struct finding {
    enum protocol_level level;
    char what[PROTOCOL_TEXT_MAX + 1]; /* printable ASCII, like the next two */
    char why[PROTOCOL_TEXT_MAX + 1];  /* why it matters; "" when good */
    char fix[PROTOCOL_TEXT_MAX + 1];  /* "" when good */
};

/* Decodes the fields of a REQUEST. -EBADMSG when it is malformed, cut off or followed by more
 * bytes; -ENOMEM. */
int request_decode(const uint8_t *fields, size_t size, struct request *ret);

/* Wipes and frees its input; all zeros afterwards. */
void request_clear(struct request *request);

/* Each function encodes one kind of frame: `fields` must point to the struct of the same name
 * (struct reply for reply_encode). The functions have one type, so that peer.c can send every frame
 * in the same way. */
void reply_encode(const void *fields, struct protocol_writer *writer);
void entry_encode(const void *fields, struct protocol_writer *writer);
void finding_encode(const void *fields, struct protocol_writer *writer);
void session_action_encode(const void *fields, struct protocol_writer *writer);
void prompt_encode(const void *fields, struct protocol_writer *writer);
void notice_encode(const void *fields, struct protocol_writer *writer);

#endif
