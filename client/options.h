/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - the options of pam_oauth_login.so in a file of pam.d: read by the module, and by
 * doctor, which checks such a file before a login does.
 */
#ifndef OAUTH_LOGIN_CLIENT_OPTIONS_H
#define OAUTH_LOGIN_CLIENT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* The users whom `auth` may ask to enroll. */
enum enroll {
    ENROLL_NOBODY,
    ENROLL_PROVEN,   /* only users for whom an authentication method has succeeded in this login */
    ENROLL_UNPROVEN, /* anyone who types the name */
};

struct options {
    const char *config;     /* a path; NULL: the default configuration */
    uint32_t offline_grace; /* seconds; PROTOCOL_UNSET: as configured */
    uint32_t reuse_within;  /* likewise */
    uint32_t deadline;      /* likewise */
    enum enroll enroll;
    bool assume_proven;    /* `auth` succeeds even if no authentication method has */
    bool nouserok;         /* ignores an account that is not enrolled */
    bool permissive;       /* decides and logs, but never refuses */
    bool no_keyring;       /* keyring=none */
    bool keyring_required; /* a session without the key fails */
    bool quiet;            /* shows the user nothing */
    bool debug;            /* also logs which key was planted */
};

enum { OPTIONS_ERROR_SIZE = 160 };

/* Parses the arguments of a PAM entry point; `ret` points into them. Accepts the options of
 * pam_oauth_login(8) and nothing else: returns false otherwise, with what is wrong and how to fix
 * it in `ret_error`. */
bool options_parse(int argc, const char **argv, struct options *ret,
                   char ret_error[OPTIONS_ERROR_SIZE]);

#endif
