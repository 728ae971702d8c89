/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.c - the options of pam_oauth_login.so, as a table.
 */
#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "protocol.h"

enum option_type {
    OPTION_FLAG,     /* bool; no value */
    OPTION_DURATION, /* uint32_t seconds */
    OPTION_PATH,     /* const char *, absolute */
    OPTION_KEYRING,  /* bool: true for none, false for session */
    OPTION_ENROLL,   /* enum enroll: no value, or the value unproven */
};

static const struct option {
    const char *name;
    enum option_type type;
    size_t offset;
} table[] = {
    {"assume_proven", OPTION_FLAG, offsetof(struct options, assume_proven)},
    {"config", OPTION_PATH, offsetof(struct options, config)},
    {"deadline", OPTION_DURATION, offsetof(struct options, deadline)},
    {"debug", OPTION_FLAG, offsetof(struct options, debug)},
    {"enroll", OPTION_ENROLL, offsetof(struct options, enroll)},
    {"keyring", OPTION_KEYRING, offsetof(struct options, no_keyring)},
    {"keyring_required", OPTION_FLAG, offsetof(struct options, keyring_required)},
    {"nouserok", OPTION_FLAG, offsetof(struct options, nouserok)},
    {"offline_grace", OPTION_DURATION, offsetof(struct options, offline_grace)},
    {"permissive", OPTION_FLAG, offsetof(struct options, permissive)},
    {"quiet", OPTION_FLAG, offsetof(struct options, quiet)},
    {"reuse_within", OPTION_DURATION, offsetof(struct options, reuse_within)},
};

static const struct option *find_option(const char *word, size_t length) {
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strlen(table[i].name) == length && strncmp(table[i].name, word, length) == 0)
            return &table[i];
    return NULL;
}

/* Takes one option. `value` is NULL if the option has no "=". Returns NULL, or what is wrong. */
static const char *take_option(const struct option *option, const char *value,
                               struct options *ret) {
    char *member = (char *)ret + option->offset;
    uint32_t seconds = 0;
    enum enroll enroll = value ? ENROLL_UNPROVEN : ENROLL_PROVEN;
    bool on = true;

    switch (option->type) {
    case OPTION_FLAG:
        if (value)
            return "takes no value";
        memcpy(member, &on, sizeof on);
        return NULL;
    case OPTION_DURATION:
        if (!value || !protocol_parse_duration(value, &seconds))
            return "takes a duration such as 90s, 5m, 8h, 30d or 0";
        if (member == (char *)&ret->deadline && (seconds < 1 || seconds > PROTOCOL_DEADLINE_MAX))
            return "takes 1s to 5m";
        memcpy(member, &seconds, sizeof seconds);
        return NULL;
    case OPTION_PATH:
        if (!value || value[0] != '/')
            return "takes an absolute path";
        memcpy(member, &value, sizeof value);
        return NULL;
    case OPTION_KEYRING:
        if (!value || (strcmp(value, "session") != 0 && strcmp(value, "none") != 0))
            return "takes session or none";
        on = strcmp(value, "none") == 0;
        memcpy(member, &on, sizeof on);
        return NULL;
    case OPTION_ENROLL:
        if (value && strcmp(value, "unproven") != 0)
            return "takes no value, or unproven";
        memcpy(member, &enroll, sizeof enroll);
        return NULL;
    }
    return "is not understood";
}

bool options_parse(int argc, const char **argv, struct options *ret,
                   char ret_error[OPTIONS_ERROR_SIZE]) {
    *ret = (struct options){
        .offline_grace = PROTOCOL_UNSET,
        .reuse_within = PROTOCOL_UNSET,
        .deadline = PROTOCOL_UNSET,
    };

    for (int i = 0; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        size_t length = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]);
        const struct option *option = find_option(argv[i], length);
        const char *wrong = option ? take_option(option, equals ? equals + 1 : NULL, ret)
                                   : "is unknown; see pam_oauth_login(8)";
        if (!wrong)
            continue;
        snprintf(ret_error, OPTIONS_ERROR_SIZE, "option '%.80s' in /etc/pam.d %s", argv[i], wrong);
        return false;
    }
    return true;
}
