/*
 * config_file.h - the configuration's files as a flat list of settings, each with its place.
 */
#ifndef OAUTH_LOGIN_CONFIG_FILE_H
#define OAUTH_LOGIN_CONFIG_FILE_H

#include <stddef.h>

#include "reason.h"

struct setting {
    char *file;
    char *section; /* without brackets, "provider corp" */
    char *key;
    char *value; /* one line, "" when empty */
    int line;    /* counted from 1; 0 when not known */
};

struct settings {
    struct setting *list; /* in reading order: later ones win */
    size_t count;
    size_t files;
};

#define SCOPED_SETTINGS __attribute__((cleanup(settings_clear)))

void settings_clear(struct settings *settings);

/* Reads `path`, then the drop-ins `path`.d/ *.conf in the order of their names. Every file and the
 * directory MUST be root's and not writable by others. A missing file is fine as long as one is
 * there. -ENOENT, -EPERM, -EINVAL for a malformed one, -E2BIG; `reason` names file and line. */
int settings_read(const char *path, struct settings *ret, struct reason *reason);

#endif
