/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config_directory.h - a configuration in a directory of the test's own.
 */
#ifndef OAUTH_LOGIN_TESTS_UNIT_CONFIG_DIRECTORY_H
#define OAUTH_LOGIN_TESTS_UNIT_CONFIG_DIRECTORY_H

#include "unit.h"

#include "config.h"
#include "load.h"

struct directory {
    char *scratch;
    char *path; /* of the main file */
    struct config config;
    struct reason reason;
};

static inline int directory_make(void **state) {
    struct directory *directory = calloc(1, sizeof *directory);
    assert_non_null(directory);
    directory->scratch = unit_scratch();
    directory->path = unit_text("%s/oauth-login.conf", directory->scratch);
    *state = directory;
    return 0;
}

static inline int directory_remove(void **state) {
    struct directory *directory = *state;
    config_clear(&directory->config);
    unit_remove(directory->scratch);
    free(directory->path);
    free(directory);
    return 0;
}

/* Loads the files again, as they are now. */
static inline int directory_load(struct directory *directory) {
    config_clear(&directory->config);
    directory->reason = (struct reason){""};
    return config_load(directory->path, &directory->config, &directory->reason);
}

static inline int directory_load_text(struct directory *directory, const char *text) {
    unit_write(directory->path, text, strlen(text));
    return directory_load(directory);
}

static inline void assert_loads(struct directory *directory) {
    int r = directory_load(directory);
    if (r < 0)
        fail_msg("%d: %s", r, directory->reason.text);
}

static inline void assert_text_loads(struct directory *directory, const char *text) {
    unit_write(directory->path, text, strlen(text));
    assert_loads(directory);
}

/* Loads `text` and expects the error `said`. If `said` begins with a colon, the error begins with
 * the path. */
static inline void assert_text_refused(struct directory *directory, const char *text,
                                       const char *said) {
    SCOPED_TEXT char *expected = unit_text("%s%s", said[0] == ':' ? directory->path : "", said);
    if (directory_load_text(directory, text) >= 0)
        fail_msg("accepted, instead of '%s': %s", said, text);
    assert_has(directory->reason.text, expected);
}

/* Writes the file `name` beside the main one (e.g. "oauth-login.conf.d/50-site.conf"). */
static inline void directory_write(struct directory *directory, const char *name,
                                   const char *text) {
    SCOPED_TEXT char *path = unit_text("%s/%s", directory->scratch, name);
    unit_write(path, text, strlen(text));
}

static inline void directory_make_drop_ins(struct directory *directory) {
    SCOPED_TEXT char *path = unit_text("%s.d", directory->path);
    assert_int_equal(mkdir(path, 0755), 0);
}

#endif
