/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings.c - sends doctor's findings to the caller.
 */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"

enum { DOCTOR_REQUEST_MS = 10000 }; /* how long to wait for one response of the provider */

__attribute__((format(printf, 5, 0))) static void send_finding(struct doctor *doctor,
                                                               enum protocol_level level,
                                                               const char *why, const char *fix,
                                                               const char *format, va_list args) {
    struct finding finding = {.level = level};
    char text[2 * PROTOCOL_TEXT_MAX];

    vsnprintf(text, sizeof text, format, args);
    reason_escape(finding.what, sizeof finding.what, text, strlen(text));
    reason_escape(finding.why, sizeof finding.why, why, strlen(why));
    reason_escape(finding.fix, sizeof finding.fix, fix, strlen(fix));
    peer_send_finding(&doctor->exchange->peer, &finding);
}

void doctor_good(struct doctor *doctor, const char *format, ...) {
    va_list args;

    va_start(args, format);
    send_finding(doctor, LEVEL_GOOD, "", "", format, args);
    va_end(args);
}

void doctor_find(struct doctor *doctor, enum protocol_level level, enum verdict verdict,
                 const char *why, const char *fix, const char *format, ...) {
    va_list args;

    va_start(args, format);
    send_finding(doctor, level, why, fix, format, args);
    va_end(args);
    if (level == LEVEL_ERROR && verdict_gravity(verdict) > verdict_gravity(doctor->gravest))
        doctor->gravest = verdict;
}

struct http_patience doctor_patience(void) {
    int64_t end = clock_boot_ms() + DOCTOR_REQUEST_MS;

    return (struct http_patience){.deadline_ms = end, .linger_ms = end};
}
