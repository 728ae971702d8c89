/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - the configuration's files as a flat list of settings, each with its place.
 *
 * A file is lines: blank, a comment ("#"), a section in brackets, or KEY = VALUE. A "#" behind a
 * blank begins a comment too. There are no quotes and no continued lines. Whatever else a line
 * is, and a key that stands twice in a section of a file, is an error: a line of this file
 * decides who gets in, so none may be passed over.
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
    char *text; /* what the settings point into, cut by NULs */
};

struct settings {
    struct setting *list; /* in reading order: later ones win */
    size_t count, capacity;
    struct settings_file *files;
    size_t file_count;
};

void settings_clear(struct settings *settings);

/* Reads `path`, then the drop-ins `path`.d/ *.conf in the order of their names. Every file and the
 * directory MUST be root's and not writable by others. A missing file is fine as long as one is
 * there. -ENOENT, -EPERM, -EINVAL for a malformed one, -E2BIG; `reason` names file and line. */
int settings_read(const char *path, struct settings *ret, struct reason *reason);

/* The NAME of a section "KIND NAME", or NULL for another kind. */
const char *settings_section_name(const char *section, const char *kind);

#endif
