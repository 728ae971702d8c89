/*
 * config_place.h - a configuration in a directory of the test's own.
 */
#ifndef OAUTH_LOGIN_CONFIG_PLACE_H
#define OAUTH_LOGIN_CONFIG_PLACE_H

#include "unit.h"

#include "config.h"

struct place {
    char *scratch;
    char *path; /* of the main file */
    struct config config;
    struct reason reason;
};

static inline int place_make(void **state) {
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    place->scratch = unit_scratch();
    place->path = unit_text("%s/oauth-login.conf", place->scratch);
    *state = place;
    return 0;
}

static inline int place_remove(void **state) {
    struct place *place = *state;
    config_clear(&place->config);
    unit_remove(place->scratch);
    free(place->path);
    free(place);
    return 0;
}

/* Loads what is there now, anew. */
static inline int place_load(struct place *place) {
    config_clear(&place->config);
    place->reason = (struct reason){""};
    return config_load(place->path, &place->config, &place->reason);
}

static inline int place_load_text(struct place *place, const char *text) {
    unit_write(place->path, text, strlen(text));
    return place_load(place);
}

static inline void assert_loads(struct place *place) {
    int r = place_load(place);
    if (r < 0)
        fail_msg("%d: %s", r, place->reason.text);
}

static inline void assert_text_loads(struct place *place, const char *text) {
    unit_write(place->path, text, strlen(text));
    assert_loads(place);
}

/* Loads `text` and expects `said`, behind the path where it begins with a colon. */
static inline void assert_text_refused(struct place *place, const char *text, const char *said) {
    SCOPED_TEXT char *expected = unit_text("%s%s", said[0] == ':' ? place->path : "", said);
    if (place_load_text(place, text) >= 0)
        fail_msg("taken, instead of '%s': %s", said, text);
    assert_has(place->reason.text, expected);
}

/* Writes the file `name` beside the main one (e.g. "oauth-login.conf.d/50-site.conf"). */
static inline void place_write(struct place *place, const char *name, const char *text) {
    SCOPED_TEXT char *path = unit_text("%s/%s", place->scratch, name);
    unit_write(path, text, strlen(text));
}

static inline void place_make_drop_ins(struct place *place) {
    SCOPED_TEXT char *path = unit_text("%s.d", place->path);
    assert_int_equal(mkdir(path, 0755), 0);
}

#endif
