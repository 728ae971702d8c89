/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_stack.h - the stack of a PAM service as libpam builds it: the lines of its file and of those
 * that it includes, in the order in which they run.
 */
#ifndef OAUTH_LOGIN_CLI_DOCTOR_PAM_STACK_H
#define OAUTH_LOGIN_CLI_DOCTOR_PAM_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "pam_control.h"

enum {
    PAM_FILE_MAX = 1 << 18, /* bytes of one file */
    PAM_LINES_MAX = 2000,   /* of one stack */
    PAM_FILES_MAX = 100,    /* read for one stack */
    PAM_WORD_MAX = 256,     /* bytes of a name that is kept */
    PAM_ARGUMENTS_MAX = 1024,
    PAM_WORDS_MAX = 64, /* of a line's arguments */
};

enum pam_phase {
    PAM_PHASE_AUTH,
    PAM_PHASE_ACCOUNT,
    PAM_PHASE_SESSION,
    PAM_PHASE_PASSWORD,
    PAM_PHASE_COUNT,
};

struct pam_line {
    char file[PAM_WORD_MAX]; /* the file that contains the line, such as "sshd" */
    int number;              /* of the line in that file */
    enum pam_phase phase;
    bool silent;     /* "-account": a module that can't be loaded is skipped */
    bool unparsable; /* libpam can't parse the line, and treats it as one that always fails */
    int level;       /* depth of nested substacks: 0 outside any substack */
    bool substack;   /* the line names a substack, and has no module */
    struct pam_control control;
    char module[PAM_WORD_MAX];
    char arguments[PAM_ARGUMENTS_MAX]; /* as written, separated by one blank */
};

struct pam_stack {
    struct pam_line *lines;
    size_t count, capacity;
    size_t files; /* read so far */
    /* The first include that could not be followed, or "". */
    char missing[PAM_WORD_MAX];
};

/* The reader of files; tests have their own. */
struct pam_source {
    /* Returns the text of the file `name`, allocated; NULL if there is no such file. */
    char *(*read)(const char *name, void *context);
    void *context;
};

#define SCOPED_STACK __attribute__((cleanup(pam_stack_clear)))

/* Frees the lines. A zeroed or cleared stack is fine. */
void pam_stack_clear(struct pam_stack *stack);

/* Reads the stack of `service` into `ret`, which must be cleared. Returns 0 or a negative errno:
 * -ENOENT if the service has no file, -E2BIG over a limit, -ENOMEM. */
int pam_stack_read(const struct pam_source *source, const char *service, struct pam_stack *ret);

/* Tells whether line `at` has the module `name`, such as "pam_unix.so", with any path. */
bool pam_stack_is(const struct pam_stack *stack, size_t at, const char *name);

/* A line's arguments as the module gets them: "[a b]" is one argument, a b. */
struct pam_words {
    char text[PAM_ARGUMENTS_MAX];
    int count;
    const char *word[PAM_WORDS_MAX]; /* in `text` */
};

/* Splits the arguments of a line into words. */
void pam_stack_split(const struct pam_line *line, struct pam_words *ret);

/* Reasons why a line may be skipped, or its result ignored, even if no line of its phase fails. */
enum pam_bypass {
    PAM_BYPASS_NONE,
    PAM_BYPASS_END,   /* an earlier line may end the phase as a success */
    PAM_BYPASS_JUMP,  /* an earlier line may jump over it */
    PAM_BYPASS_RESET, /* a later line may reset its result */
};

/* Returns the first bypass of line `at`, and sets `ret_by` to the line that causes it. */
enum pam_bypass pam_stack_bypass(const struct pam_stack *stack, size_t at, size_t *ret_by);

#endif
