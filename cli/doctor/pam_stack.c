/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_stack.c - the stack of a PAM service, read as libpam's pam_handlers.c reads it.
 */
#include "pam_stack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "scoped.h"
#include "text.h"

void pam_stack_clear(struct pam_stack *stack) {
    free(stack->lines);
    *stack = (struct pam_stack){0};
}

/* The position of the reader, and the lines that it takes. */
struct place {
    const struct pam_source *source;
    const char *file;
    int number;          /* of the line */
    int level;           /* as in struct pam_line */
    enum pam_phase only; /* PAM_PHASE_COUNT: every phase */
};

static int read_file(const struct place *place, struct pam_stack *stack);

/* Adds a line to the stack and returns it; NULL when out of memory. */
static struct pam_line *add_line(const struct place *place, enum pam_phase phase,
                                 struct pam_stack *stack) {
    if (stack->count == stack->capacity) {
        size_t capacity = stack->capacity > 0 ? 2 * stack->capacity : 32;
        struct pam_line *lines = reallocarray(stack->lines, capacity, sizeof *lines);
        if (!lines)
            return NULL;
        stack->lines = lines;
        stack->capacity = capacity;
    }

    struct pam_line *line = &stack->lines[stack->count++];
    *line = (struct pam_line){.number = place->number, .phase = phase, .level = place->level};
    snprintf(line->file, sizeof line->file, "%s", place->file);
    return line;
}

/* Cuts the next word off `rest`. Text in brackets is one word; "\]" in it stands for a bracket.
 * Returns NULL at the end. */
static char *next_word(char **rest) {
    char *word = *rest + strspn(*rest, " \t\n");
    if (*word == '\0')
        return NULL;

    char *end = word + strcspn(word, " \t\n");
    if (*word == '[') {
        end = word;
        while (*end != '\0' && (*end != ']' || end[-1] == '\\'))
            end++;
        end += *end == ']';
    }

    *rest = end + (*end != '\0');
    *end = '\0';
    return word;
}

/* Removes the brackets around a word, in place. */
static const char *strip_brackets(char *word) {
    size_t length = strlen(word);
    if (word[0] != '[' || word[length - 1] != ']')
        return word;
    char *to = word;
    for (const char *from = word + 1; from < word + length - 1; from++)
        if (from[0] != '\\' || from[1] != ']')
            *to++ = *from;
    *to = '\0';
    return word;
}

void pam_stack_split(const struct pam_line *line, struct pam_words *ret) {
    char *rest = ret->text;

    text_copy(ret->text, sizeof ret->text, line->arguments);
    ret->count = 0;
    for (char *word = next_word(&rest); word && ret->count < PAM_WORDS_MAX; word = next_word(&rest))
        ret->word[ret->count++] = strip_brackets(word);
}

static bool find_phase(const char *word, enum pam_phase *ret) {
    static const char *const names[] = {"auth", "account", "session", "password"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(word, names[i]) == 0) {
            *ret = (enum pam_phase)i;
            return true;
        }
    return false;
}

/* Adds the lines of the file `name`: those of phase `only`, or all with PAM_PHASE_COUNT. `deeper`:
 * as a substack. */
static int include(const struct place *here, const char *name, enum pam_phase only, bool deeper,
                   struct pam_stack *stack) {
    struct place there = {.source = here->source,
                          .file = name,
                          .level = here->level + (deeper ? 1 : 0),
                          .only = only};

    int r = name ? read_file(&there, stack) : -ENOENT;
    if (r != -ENOENT)
        return r;
    if (stack->missing[0] == '\0')
        snprintf(stack->missing, sizeof stack->missing, "%s", name ? name : "(no name)");
    return 0;
}

static void join_arguments(char *rest, char ret[PAM_ARGUMENTS_MAX]) {
    size_t used = 0;

    ret[0] = '\0';
    for (char *word = next_word(&rest); word; word = next_word(&rest)) {
        size_t length = strlen(word);
        if (used + length + 2 > PAM_ARGUMENTS_MAX)
            return;
        used += (size_t)snprintf(ret + used, PAM_ARGUMENTS_MAX - used, "%s%s", used > 0 ? " " : "",
                                 word);
    }
}

/* Takes the rest of a line, after its type: control, module, arguments. */
static int take_rest(const struct place *place, enum pam_phase phase, bool silent, char *rest,
                     struct pam_stack *stack) {
    const char *control = next_word(&rest);
    const char *module = next_word(&rest);
    bool substack = control && strcasecmp(control, "substack") == 0;

    if (place->only != PAM_PHASE_COUNT && place->only != phase)
        return 0;
    if (control && strcasecmp(control, "include") == 0)
        return include(place, module, phase, false, stack);

    struct pam_line *line = add_line(place, phase, stack);
    if (!line)
        return -ENOMEM;
    line->silent = silent;
    line->substack = substack;
    if (substack)
        return include(place, module, phase, true, stack);
    line->unparsable = !control || !module || !pam_control_parse(control, &line->control);
    snprintf(line->module, sizeof line->module, "%s", module ? module : "");
    join_arguments(rest, line->arguments);
    return 0;
}

static int take_line(const struct place *place, char *text, struct pam_stack *stack) {
    enum pam_phase phase = PAM_PHASE_AUTH;
    char *type = next_word(&text);

    if (!type)
        return 0;
    if (stack->count >= PAM_LINES_MAX)
        return -E2BIG;
    if (strcasecmp(type, "@include") == 0) /* Debian's: the whole file */
        return include(place, next_word(&text), place->only, false, stack);
    bool silent = type[0] == '-';
    if (find_phase(type + (silent ? 1 : 0), &phase))
        return take_rest(place, phase, silent, text, stack);

    /* libpam treats a line of unknown type as one of auth, too. */
    struct pam_line *line = add_line(place, PAM_PHASE_AUTH, stack);
    if (!line)
        return -ENOMEM;
    line->unparsable = true;
    return 0;
}

/* Cuts off the comment. Returns true if the next line continues this one: a comment prevents it. */
static bool cut_line(char *line) {
    size_t length = strcspn(line, "#");
    if (line[length] == '#') {
        line[length] = '\0';
        return false;
    }

    while (length > 0 && strchr(" \t\r", line[length - 1]))
        length--;
    line[length] = '\0';
    if (length == 0 || line[length - 1] != '\\')
        return false;
    line[length - 1] = ' ';
    return true;
}

static int read_lines(struct place *place, char *rest, struct pam_stack *stack) {
    int number = 0, r = 0;

    while (r >= 0 && rest) {
        SCOPED_TEXT char *whole = NULL;
        place->number = number + 1;
        bool more = true;
        while (more && rest) {
            char *line = strsep(&rest, "\n"), *joined = NULL;
            number++;
            more = cut_line(line);
            if (asprintf(&joined, "%s%s", whole ? whole : "", line) < 0)
                return -ENOMEM;
            free(whole);
            whole = joined;
        }
        r = take_line(place, whole, stack);
    }
    return r;
}

static int read_file(const struct place *place, struct pam_stack *stack) {
    struct place here = *place;

    if (++stack->files > PAM_FILES_MAX)
        return -E2BIG;
    SCOPED_TEXT char *text = place->source->read(place->file, place->source->context);
    return text ? read_lines(&here, text, stack) : -ENOENT;
}

int pam_stack_read(const struct pam_source *source, const char *service, struct pam_stack *ret) {
    struct place place = {.source = source, .file = service, .only = PAM_PHASE_COUNT};
    int r = read_file(&place, ret);
    if (r < 0)
        pam_stack_clear(ret);
    return r;
}

bool pam_stack_is(const struct pam_stack *stack, size_t at, const char *name) {
    const char *module = stack->lines[at].module;
    const char *slash = strrchr(module, '/');
    return strcmp(slash ? slash + 1 : module, name) == 0;
}
