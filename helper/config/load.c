/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.c - reads the configuration into its structures, by one table of keys.
 */
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "preset.h"
#include "protocol.h"
#include "url.h"

enum key_type {
    KEY_TEXT,     /* const char *, anything on one line */
    KEY_NAME,     /* const char *, a name as in [provider NAME] */
    KEY_URL,      /* const char *, https:// only */
    KEY_PROXY,    /* const char *, http:// or https:// */
    KEY_PATH,     /* const char *, absolute */
    KEY_DURATION, /* uint32_t seconds, `least` to `most` */
    KEY_NUMBER,   /* uint32_t, `least` to `most` */
    KEY_CHOICE,   /* an enum, `least` plus the position in `choices`; the first one when unset */
    KEY_SWITCH,   /* bool, no or yes */
};

/* A choice is stored as a uint32_t, so its enum MUST have that size. */
_Static_assert(sizeof(enum protocol_action) == sizeof(uint32_t), "on_revoked");
_Static_assert(sizeof(enum preset_name) == sizeof(uint32_t), "preset");
_Static_assert(sizeof(enum client_auth) == sizeof(uint32_t), "client_auth");
_Static_assert(sizeof(enum require) == sizeof(uint32_t), "require");

struct key {
    const char *name;
    enum key_type type;
    const char *initial;
    size_t offset;
    uint32_t least, most;
    const char *choices;
};

/* Versions of clang-format disagree about the braces of a macro. */
/* clang-format off */
#define LOGIN(name, type, initial, least, most) \
    { #name, type, initial, offsetof(struct config, login.name), least, most, NULL }
#define LOGIN_CHOICE(name, type, first, choices) \
    { #name, type, "", offsetof(struct config, login.name), first, 0, choices }
#define PROVIDER(name, type, choices) \
    { #name, type, "", offsetof(struct config, provider.name), 0, 0, choices }
#define HELPER(name, initial, least, most) \
    { #name, KEY_NUMBER, initial, offsetof(struct config, helper.name), least, most, NULL }
/* clang-format on */

static const struct key login_keys[] = {
    LOGIN(provider, KEY_NAME, "", 0, 0),
    LOGIN(minimum_uid, KEY_NUMBER, "1000", 1, UINT32_MAX - 1),
    LOGIN(ignore_users, KEY_TEXT, "", 0, 0),
    LOGIN(managed_group, KEY_TEXT, "", 0, 0),
    LOGIN(reuse_within, KEY_DURATION, "30s", 0, 3600),
    LOGIN(deadline, KEY_DURATION, "10s", 1, PROTOCOL_DEADLINE_MAX),
    LOGIN(enroll_deadline, KEY_DURATION, "100s", 10, PROTOCOL_PROMPT_MAX),
    LOGIN(offline_grace, KEY_DURATION, "0", 0, PROTOCOL_DURATION_MAX),
    LOGIN(offline_timeout, KEY_DURATION, "30s", 0, 3600),
    LOGIN(check_sessions, KEY_DURATION, "15m", 10, PROTOCOL_CHECK_MAX),
    LOGIN_CHOICE(on_revoked, KEY_CHOICE, ACTION_LOG, "log lock terminate"),
    LOGIN_CHOICE(revoke_on_logout, KEY_SWITCH, 0, "no yes"),
    {.name = NULL},
};

static const struct key provider_keys[] = {
    PROVIDER(preset, KEY_CHOICE, PRESET_NAMES),
    PROVIDER(issuer, KEY_URL, NULL),
    PROVIDER(token_endpoint, KEY_URL, NULL),
    PROVIDER(userinfo_endpoint, KEY_URL, NULL),
    PROVIDER(device_authorization_endpoint, KEY_URL, NULL),
    PROVIDER(authorization_endpoint, KEY_URL, NULL),
    PROVIDER(revocation_endpoint, KEY_URL, NULL),
    PROVIDER(jwks_uri, KEY_URL, NULL),
    PROVIDER(client_id, KEY_TEXT, NULL),
    PROVIDER(client_auth, KEY_CHOICE, "none client_secret_basic client_secret_post"),
    PROVIDER(client_secret_file, KEY_PATH, NULL),
    PROVIDER(scope, KEY_TEXT, NULL),
    PROVIDER(auth_params, KEY_TEXT, NULL),
    PROVIDER(ca_file, KEY_PATH, NULL),
    PROVIDER(proxy, KEY_PROXY, NULL),
    PROVIDER(username_claim, KEY_TEXT, NULL),
    PROVIDER(username_suffix, KEY_TEXT, NULL),
    {"subject_claim", KEY_TEXT, "sub", offsetof(struct config, provider.subject_claim), 0, 0, NULL},
    PROVIDER(introspection_endpoint, KEY_URL, NULL),
    PROVIDER(require, KEY_CHOICE, "refresh id_token userinfo introspection"),
    PROVIDER(require_groups, KEY_TEXT, NULL),
    {"groups_claim", KEY_TEXT, "groups", offsetof(struct config, provider.groups_claim), 0, 0,
     NULL},
    PROVIDER(groups_separator, KEY_TEXT, NULL),
    PROVIDER(require_claim, KEY_TEXT, NULL),
    PROVIDER(require_scope, KEY_TEXT, NULL),
    PROVIDER(git_hosts, KEY_TEXT, NULL),
    {"redirect_port", KEY_NUMBER, "0", offsetof(struct config, provider.redirect_port), 0,
     UINT16_MAX, NULL},
    {.name = NULL},
};

static const struct key helper_keys[] = {
    HELPER(max_children, "64", 1, 1000),
    HELPER(max_children_per_user, "16", 1, 1000),
    {.name = NULL},
};

static bool is_name(const char *text) {
    size_t length = strlen(text);
    return length > 0 && length <= 64 && text[0] != '.' && text[0] != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
               length;
}

static bool is_in_range(const struct key *key, uint32_t number) {
    return number >= key->least && number <= key->most;
}

/* Finds the position of `word` among `choices`, which blanks separate. */
static bool find_choice(const char *choices, const char *word, uint32_t *ret) {
    uint32_t index = 0;
    for (const char *at = choices; *at != '\0'; index++) {
        size_t length = strcspn(at, " ");
        if (strlen(word) == length && strncmp(at, word, length) == 0) {
            *ret = index;
            return true;
        }
        at += length + strspn(at + length, " ");
    }
    return false;
}

static bool parse_number(const char *text, uint32_t *ret) {
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number > UINT32_MAX)
        return false;
    *ret = (uint32_t)number;
    return true;
}

/* Checks `value`, and sets `ret_number` unless it is a text; returns NULL, or what is wrong. */
static const char *check_value(const struct key *key, const char *value, uint32_t *ret_number) {
    bool unset = value[0] == '\0';

    switch (key->type) {
    case KEY_TEXT:
        break;
    case KEY_NAME:
        if (!unset && !is_name(value))
            return "must be letters, digits, '.', '_' and '-', 64 at most";
        break;
    case KEY_URL:
        if (!unset && !url_is_valid(value, "https://"))
            return "must be an https:// address";
        break;
    case KEY_PROXY:
        if (!unset && !url_is_valid(value, "http://") && !url_is_valid(value, "https://"))
            return "must be an http:// or https:// address";
        break;
    case KEY_PATH:
        if (!unset && value[0] != '/')
            return "must be an absolute path";
        break;
    case KEY_DURATION:
        if (!protocol_parse_duration(value, ret_number))
            return "must be a duration such as 90s, 5m, 8h, 30d or 0";
        return is_in_range(key, *ret_number) ? NULL : "is out of range";
    case KEY_NUMBER:
        if (!parse_number(value, ret_number))
            return "must be a whole number";
        return is_in_range(key, *ret_number) ? NULL : "is out of range";
    case KEY_CHOICE:
    case KEY_SWITCH:
        if (!unset && !find_choice(key->choices, value, ret_number))
            return key->choices;
        *ret_number += key->least;
        break;
    }
    return NULL;
}

/* Stores a value as the type that its key's member has: see enum key_type. */
static void store_value(const struct key *key, const char *value, uint32_t number, void *ret) {
    bool flag = number != 0;

    switch (key->type) {
    case KEY_TEXT:
    case KEY_NAME:
    case KEY_URL:
    case KEY_PROXY:
    case KEY_PATH:
        memcpy(ret, &value, sizeof value);
        break;
    case KEY_DURATION:
    case KEY_NUMBER:
    case KEY_CHOICE:
        memcpy(ret, &number, sizeof number);
        break;
    case KEY_SWITCH:
        memcpy(ret, &flag, sizeof flag);
        break;
    }
}

/* Takes `value` for `key` into `config`; returns NULL, or what is wrong with it. */
static const char *take_value(const struct key *key, const char *value, struct config *config) {
    uint32_t number = 0;
    const char *wrong = check_value(key, value, &number);
    if (!wrong)
        store_value(key, value, number, (char *)config + key->offset);
    return wrong;
}

static void take_defaults(const struct key *keys, struct config *config) {
    for (const struct key *key = keys; key->name; key++)
        take_value(key, key->initial, config);
}

static const struct key *find_key(const struct key *keys, const char *name) {
    for (const struct key *key = keys; key->name; key++)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

/* Sets `reason` to the place of a setting and the error in it. */
static int complain(struct reason *reason, const struct setting *setting, const char *what) {
    char line[16] = "";
    if (setting->line > 0)
        snprintf(line, sizeof line, ":%d", setting->line);
    return reason_set(reason, -EINVAL, "%s%s: [%s] %s: %s", setting->file, line, setting->section,
                      setting->key, what);
}

static int take_setting(const struct key *keys, const struct setting *setting,
                        struct config *config, struct reason *reason) {
    char what[200];

    const struct key *key = find_key(keys, setting->key);
    if (!key)
        return complain(reason, setting, "unknown key; see oauth-login.conf(5)");
    const char *wrong = take_value(key, setting->value, config);
    if (!wrong)
        return 0;

    if (wrong == key->choices)
        snprintf(what, sizeof what, "'%s' must be one of: %s", setting->value, wrong);
    else if (key->most > 0)
        snprintf(what, sizeof what, "'%s' %s (%u to %u%s)", setting->value, wrong, key->least,
                 key->most, key->type == KEY_DURATION ? " seconds" : "");
    else
        snprintf(what, sizeof what, "'%s' %s", setting->value, wrong);
    return complain(reason, setting, what);
}

static int take_accounts_setting(const struct setting *setting, struct reason *reason) {
    if (setting->value[0] == '\0')
        return complain(reason, setting, "has no subject; write ACCOUNT = SUBJECT");
    if (strlen(setting->value) > 255)
        return complain(reason, setting, "the subject is longer than 255 bytes");
    return 0;
}

/* Takes the sections of one name. [login] has its own pass, since it names the provider whose
 * section is kept. */
static int take_section(struct config *config, const char *section, const struct key *keys,
                        struct reason *reason) {
    int r = 0;
    for (size_t i = 0; r >= 0 && i < config->settings.count; i++)
        if (strcmp(config->settings.list[i].section, section) == 0)
            r = take_setting(keys, &config->settings.list[i], config, reason);
    return r;
}

/* Returns the value that the files set for `key` of the provider that serves logins, "" included,
 * or NULL when they do not set it. */
static const char *find_set(const struct config *config, const char *key) {
    for (size_t i = config->settings.count; i > 0; i--) {
        const struct setting *setting = &config->settings.list[i - 1];
        const char *name = settings_section_name(setting->section, "provider");
        if (name && strcmp(name, config->provider.name) == 0 && strcmp(setting->key, key) == 0)
            return setting->value;
    }
    return NULL;
}

static bool is_filled(const struct config *config, const char *key) {
    const char *value = find_set(config, key);
    return value && value[0] != '\0';
}

/* Takes the preset's values. This happens before the values of the files are taken, so that the
 * files win. Addresses of the preset belong to the public provider. When the files set another
 * issuer or token endpoint, the addresses are left out, or the public provider would get the
 * tokens. */
static int take_preset(struct config *config, struct reason *reason) {
    bool elsewhere = is_filled(config, "issuer") || is_filled(config, "token_endpoint");
    int r = 0;

    for (size_t i = 0; r >= 0 && i < config->settings.count; i++) {
        const struct setting *setting = &config->settings.list[i];
        const char *name = settings_section_name(setting->section, "provider");
        if (name && strcmp(name, config->provider.name) == 0 && strcmp(setting->key, "preset") == 0)
            r = take_setting(provider_keys, setting, config, reason);
    }

    const struct preset *preset = preset_find(config->provider.preset);
    for (size_t i = 0; r >= 0 && preset->keys[i].key; i++) {
        const struct key *key = find_key(provider_keys, preset->keys[i].key);
        bool foreign = elsewhere && key && strncmp(preset->keys[i].value, "https://", 8) == 0;
        if (!key || (!foreign && take_value(key, preset->keys[i].value, config)))
            r = reason_set(reason, -EINVAL, "preset %s: the built-in value of %s is invalid",
                           preset->name, preset->keys[i].key);
    }
    return r;
}

/* Completes the preset with the device authorization endpoint, which depends on the issuer. */
static int finish_preset(struct config *config, struct reason *reason) {
    struct provider_config *provider = &config->provider;
    const char *path = preset_find(provider->preset)->device_path;
    size_t length = strlen(provider->issuer);
    if (!path || length == 0 || find_set(config, "device_authorization_endpoint"))
        return 0;

    while (provider->issuer[length - 1] == '/')
        length--;
    if (asprintf(&config->device_endpoint, "%.*s%s", (int)length, provider->issuer, path) < 0) {
        config->device_endpoint = NULL;
        return reason_set(reason, -ENOMEM, "out of memory");
    }
    provider->device_authorization_endpoint = config->device_endpoint;
    return 0;
}

/* Checks every other section, and takes [helper] and the provider that serves logins. */
static int take_others(struct config *config, struct reason *reason) {
    struct config unused = {0};
    int r = 0;

    for (size_t i = 0; r >= 0 && i < config->settings.count; i++) {
        const struct setting *setting = &config->settings.list[i];
        const char *provider = settings_section_name(setting->section, "provider");
        const char *accounts = settings_section_name(setting->section, "accounts");
        if (provider && is_name(provider))
            r = take_setting(provider_keys, setting,
                             strcmp(provider, config->provider.name) == 0 ? config : &unused,
                             reason);
        else if (accounts && is_name(accounts))
            r = take_accounts_setting(setting, reason);
        else if (strcmp(setting->section, "helper") == 0)
            r = take_setting(helper_keys, setting, config, reason);
        else if (strcmp(setting->section, "login") != 0)
            r = complain(reason, setting,
                         "unknown section; the sections are [login], [provider NAME], "
                         "[accounts NAME] and [helper]");
    }
    return r;
}

int config_load(const char *path, struct config *ret, struct reason *reason) {
    take_defaults(login_keys, ret);
    take_defaults(provider_keys, ret);
    take_defaults(helper_keys, ret);
    ret->provider.name = "";

    int r = settings_read(path, &ret->settings, reason);
    if (r >= 0)
        r = take_section(ret, "login", login_keys, reason);
    if (r < 0)
        return r;

    ret->login_known = true;
    ret->provider.name = ret->login.provider;
    r = take_preset(ret, reason);
    if (r >= 0)
        r = take_others(ret, reason);
    if (r >= 0)
        r = finish_preset(ret, reason);
    return r < 0 ? r : config_check(ret, path, reason);
}

int config_read_helper(const char *path, struct helper_config *ret, struct reason *reason) {
    SCOPED_CONFIG struct config config = {0};
    take_defaults(helper_keys, &config);
    *ret = config.helper;
    int r = settings_read(path, &config.settings, reason);
    if (r >= 0)
        r = take_section(&config, "helper", helper_keys, reason);
    if (r >= 0)
        *ret = config.helper;
    return r;
}
