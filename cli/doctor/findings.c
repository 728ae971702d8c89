/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings.c - what doctor has found.
 */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "print.h"

static const char *const level_names[LEVEL_COUNT] = {
    [LEVEL_GOOD] = "good",
    [LEVEL_WARNING] = "warning",
    [LEVEL_ERROR] = "error",
};

/* The vocabulary of verdicts has no word for a machine that is well. */
static const char *verdict_word(enum verdict verdict) {
    return verdict == VERDICT_GRANTED ? "good" : verdict_name(verdict);
}

void report_raise(struct report *report, enum verdict verdict) {
    if (verdict_gravity(verdict) > verdict_gravity(report->gravest))
        report->gravest = verdict;
}

static void add_json(struct report *report, const struct ask_finding *finding) {
    struct json_object *object = json_object_new_object();
    print_add_text(object, "level", level_names[finding->level]);
    print_add_text(object, "what", finding->what);
    print_add_text(object, "why", finding->why);
    print_add_text(object, "fix", finding->fix);
    json_object_array_add(report->list, object);
}

void report_add(struct report *report, const struct ask_finding *finding, enum verdict verdict) {
    report->count[finding->level]++;
    if (finding->level == LEVEL_ERROR)
        report_raise(report, verdict);
    if (report->list) {
        add_json(report, finding);
        return;
    }
    printf("%-8s%s\n", level_names[finding->level], finding->what);
    if (finding->why[0] != '\0')
        printf("        why: %s\n", finding->why);
    if (finding->fix[0] != '\0')
        printf("        fix: %s\n", finding->fix);
    fflush(stdout); /* the provider may take its time for the next */
}

__attribute__((format(printf, 6, 0))) static void add(struct report *report,
                                                      enum protocol_level level,
                                                      enum verdict verdict, const char *why,
                                                      const char *fix, const char *format,
                                                      va_list args) {
    struct ask_finding finding = {.level = level};
    char what[sizeof finding.what];
    vsnprintf(what, sizeof what, format, args);
    print_escaped(what, finding.what, sizeof finding.what); /* file names, sshd's own words */
    print_escaped(why, finding.why, sizeof finding.why);
    print_escaped(fix, finding.fix, sizeof finding.fix);
    report_add(report, &finding, verdict);
}

void report_good(struct report *report, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(report, LEVEL_GOOD, VERDICT_GRANTED, "", "", format, args);
    va_end(args);
}

void report_find(struct report *report, enum protocol_level level, enum verdict verdict,
                 const char *why, const char *fix, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(report, level, verdict, why, fix, format, args);
    va_end(args);
}

static void print_end(const struct report *report, const char *limits) {
    unsigned int errors = report->count[LEVEL_ERROR], warnings = report->count[LEVEL_WARNING];
    const char *more = warnings == 1 ? "" : "s";
    if (verdict_gravity(report->gravest) > 0)
        printf("\n%s: %u error%s, %u warning%s\n", verdict_word(report->gravest), errors,
               errors == 1 ? "" : "s", warnings, more);
    else if (warnings > 0)
        printf("\nall good, with %u warning%s\n", warnings, more);
    else
        printf("\nall good\n");
    if (limits[0] != '\0')
        printf("%s\n", limits);
}

void report_end(struct report *report, const char *limits) {
    if (!report->list) {
        print_end(report, limits);
        return;
    }
    struct json_object *document = json_object_new_object();
    json_object_object_add(document, "findings", report->list);
    print_add_text(document, "verdict", verdict_word(report->gravest));
    print_add_text(document, "limits", limits);
    report->list = NULL;
    print_json(document);
}
