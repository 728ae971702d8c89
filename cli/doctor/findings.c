/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings.c - the findings of doctor.
 */
#include "findings.h"

#include <stdarg.h>
#include <stdio.h>

#include "print.h"

static const char *const level_names[LEVEL_COUNT] = {
    [LEVEL_GOOD] = "good",
    [LEVEL_WARNING] = "warning",
    [LEVEL_ERROR] = "error",
};

/* Returns the word for the gravest verdict of all findings. NONE means that there was no error. */
static const char *verdict_word(enum verdict verdict) {
    return verdict == VERDICT_NONE ? "good" : verdict_name(verdict);
}

void findings_raise(struct findings *findings, enum verdict verdict) {
    if (verdict_gravity(verdict) > verdict_gravity(findings->gravest))
        findings->gravest = verdict;
}

static void add_json(struct findings *findings, const struct ask_finding *finding) {
    struct json_object *object = json_object_new_object();

    print_add_text(object, "level", level_names[finding->level]);
    print_add_text(object, "what", finding->what);
    print_add_text(object, "why", finding->why);
    print_add_text(object, "fix", finding->fix);
    json_object_array_add(findings->list, object);
}

void findings_add(struct findings *findings, const struct ask_finding *finding,
                  enum verdict verdict) {
    findings->count[finding->level]++;
    if (finding->level == LEVEL_ERROR)
        findings_raise(findings, verdict);
    if (findings->list) {
        add_json(findings, finding);
        return;
    }

    printf("%-8s%s\n", level_names[finding->level], finding->what);
    if (finding->why[0] != '\0')
        printf("        why: %s\n", finding->why);
    if (finding->fix[0] != '\0')
        printf("        fix: %s\n", finding->fix);
    fflush(stdout); /* the next may take a while: the provider is asked */
}

__attribute__((format(printf, 6, 0))) static void add(struct findings *findings,
                                                      enum protocol_level level,
                                                      enum verdict verdict, const char *why,
                                                      const char *fix, const char *format,
                                                      va_list args) {
    struct ask_finding finding = {.level = level};
    char what[sizeof finding.what];

    vsnprintf(what, sizeof what, format, args);
    print_escaped(what, finding.what,
                  sizeof finding.what); /* may contain file names, or output of sshd */
    print_escaped(why, finding.why, sizeof finding.why);
    print_escaped(fix, finding.fix, sizeof finding.fix);
    findings_add(findings, &finding, verdict);
}

void findings_good(struct findings *findings, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(findings, LEVEL_GOOD, VERDICT_NONE, "", "", format, args);
    va_end(args);
}

void findings_problem(struct findings *findings, enum protocol_level level, enum verdict verdict,
                      const char *why, const char *fix, const char *format, ...) {
    va_list args;
    va_start(args, format);
    add(findings, level, verdict, why, fix, format, args);
    va_end(args);
}

static void print_end(const struct findings *findings, const char *limits) {
    unsigned int errors = findings->count[LEVEL_ERROR], warnings = findings->count[LEVEL_WARNING];
    const char *more = warnings == 1 ? "" : "s";

    if (verdict_gravity(findings->gravest) > 0)
        printf("\n%s: %u error%s, %u warning%s\n", verdict_word(findings->gravest), errors,
               errors == 1 ? "" : "s", warnings, more);
    else if (warnings > 0)
        printf("\nall good, with %u warning%s\n", warnings, more);
    else
        printf("\nall good\n");
    if (limits[0] != '\0')
        printf("%s\n", limits);
}

void findings_end(struct findings *findings, const char *limits) {
    if (!findings->list) {
        print_end(findings, limits);
        return;
    }

    struct json_object *document = json_object_new_object();
    json_object_object_add(document, "findings", findings->list);
    print_add_text(document, "verdict", verdict_word(findings->gravest));
    print_add_text(document, "limits", limits);
    findings->list = NULL;
    print_json(document);
}
