/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - reads the configuration's files into a flat list of settings, each with its file and
 * line.
 *
 * A line is blank, a comment ("#"), a section in brackets, or KEY = VALUE. A "#" after a blank
 * begins a comment too. There are no quotes and no continued lines. Any other line, and a key that
 * is set twice in a section of one file, is an error: a line of this file decides who gets in, so
 * none may be ignored.
 */
#ifndef OAUTH_LOGIN_HELPER_CONFIG_FILE_H
#define OAUTH_LOGIN_HELPER_CONFIG_FILE_H

#include <stddef.h>

#include "reason.h"

struct setting {
    const char *file;
    const char *section; /* without brackets, "provider corp" */
    const char *key;
    const char *value; /* "" when empty */
    int line;          /* counted from 1 */
};

struct settings_file {
    char *path;
    char *text; /* the settings point into it; NULs end their parts */
};

struct settings {
    struct setting *list; /* in the order of reading: later ones win */
    size_t count, capacity;
    struct settings_file *files;
    size_t file_count;
};

void settings_clear(struct settings *settings);

/* Reads `path`, then the drop-ins `path`.d/ *.conf in the order of their names. Every file and the
 * directory MUST belong to root and not be writable by others. Any of the files may be missing, but
 * not all. -ENOENT, -EPERM, -EINVAL for a malformed one, -E2BIG; `reason` names file and line. */
int settings_read(const char *path, struct settings *ret, struct reason *reason);

/* Returns the NAME of a section "KIND NAME", or NULL for another kind. */
const char *settings_section_name(const char *section, const char *kind);

#endif
