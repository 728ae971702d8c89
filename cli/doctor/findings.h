/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings.h - the findings of doctor, printed as lines for people or as one JSON document.
 */
#ifndef OAUTH_LOGIN_CLI_DOCTOR_FINDINGS_H
#define OAUTH_LOGIN_CLI_DOCTOR_FINDINGS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "ask.h"

struct findings {
    struct json_object *list;        /* with --json; NULL: print each finding at once */
    unsigned int count[LEVEL_COUNT]; /* of findings at each level */
    enum verdict gravest; /* the gravest so far: FAULT, MISCONFIGURED or UNREACHABLE; NONE: no
                             finding was an error */
};

/* Adds a finding. `verdict`: what it means for logins; counts only at LEVEL_ERROR. */
void findings_add(struct findings *findings, const struct ask_finding *finding,
                  enum verdict verdict);

/* Adds a finding that something is in order. */
void findings_good(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a problem: `format` and its arguments say what it is, `why` says why it matters, and `fix`
 * how to fix it. */
void findings_problem(struct findings *findings, enum protocol_level level, enum verdict verdict,
                      const char *why, const char *fix, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Makes the gravest verdict at least as grave as `verdict`. */
void findings_raise(struct findings *findings, enum verdict verdict);

/* Prints the last line, or with --json the document, and frees it. `limits` says what was not
 * checked, or is "". */
void findings_end(struct findings *findings, const char *limits);

#endif
