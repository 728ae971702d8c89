/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings.h - what doctor has found, as lines for people or one JSON document.
 */
#ifndef OAUTH_LOGIN_CLI_DOCTOR_FINDINGS_H
#define OAUTH_LOGIN_CLI_DOCTOR_FINDINGS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "ask.h"

struct report {
    struct json_object *list; /* with --json; NULL: print each finding at once */
    unsigned int count[LEVEL_COUNT];
    enum verdict
        gravest; /* of what is wrong: FAULT, MISCONFIGURED, UNREACHABLE; GRANTED: nothing */
};

/* Adds a finding. `verdict` is what it means for logins; it counts only at LEVEL_ERROR. */
void report_add(struct report *report, const struct ask_finding *finding, enum verdict verdict);

void report_good(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void report_find(struct report *report, enum protocol_level level, enum verdict verdict,
                 const char *why, const char *fix, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Makes the report's gravest verdict at least as grave as `verdict`. */
void report_raise(struct report *report, enum verdict verdict);

/* Prints the last line, or the document with --json, and frees it. `limits` says what was not
 * looked at, or is "". */
void report_end(struct report *report, const char *limits);

#endif
