/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - the words behind pam_oauth_login.so in a file of pam.d: for the module, which goes by
 * them, and for whoever judges such a file before a login does.
 */
#ifndef OAUTH_LOGIN_CLIENT_OPTIONS_H
#define OAUTH_LOGIN_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Whom a login in `auth` may ask to enroll. */
enum enroll {
    ENROLL_NOBODY,
    ENROLL_PROVEN,   /* who has proven to be somebody in this login */
    ENROLL_UNPROVEN, /* whoever types the name */
};

struct options {
    const char *config;     /* NULL: the usual one */
    uint32_t offline_grace; /* seconds; PROTOCOL_UNSET: as configured */
    uint32_t reuse_within;
    uint32_t deadline;
    enum enroll enroll;
    bool assume_proven;    /* a pass in `auth` is a success though nobody was proven here */
    bool nouserok;         /* an account that is not enrolled is ignored */
    bool permissive;       /* decides and logs, refuses nobody */
    bool no_keyring;       /* keyring=none */
    bool keyring_required; /* a session without the key fails */
    bool quiet;            /* nothing to the person */
    bool debug;
};

enum { OPTIONS_ERROR_SIZE = 160 };

/* Parses the arguments of a PAM entry point; `ret` points into them. False, with what is wrong
 * and how to fix it in `ret_error`, for anything but the options of pam_oauth_login(8). */
bool options_parse(int argc, const char **argv, struct options *ret,
                   char ret_error[OPTIONS_ERROR_SIZE]);

#endif
