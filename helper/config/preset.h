/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preset.h - facts about common providers, so that an administrator need not look them up: values
 * for keys of [provider NAME] that the configuration leaves unset, and a few more facts.
 */
#ifndef OAUTH_LOGIN_HELPER_CONFIG_PRESET_H
#define OAUTH_LOGIN_HELPER_CONFIG_PRESET_H

/* The values of the key `preset`, in this order. */
#define PRESET_NAMES "none google entra okta auth0 keycloak github gitlab"

enum preset_name {
    PRESET_NONE,
    PRESET_GOOGLE,
    PRESET_ENTRA,
    PRESET_OKTA,
    PRESET_AUTH0,
    PRESET_KEYCLOAK,
    PRESET_GITHUB,
    PRESET_GITLAB,
    PRESET_COUNT,
};

enum { PRESET_KEYS_MAX = 8 };

struct preset {
    const char *name;
    /* The pattern of the issuer, such as https://TENANT.auth0.com/, if each tenant has its own
     * issuer; else NULL. */
    const char *issuer_shape;
    /* The path of the device authorization endpoint, below the issuer, if discovery does not return
     * it; else NULL. */
    const char *device_path;
    /* The text for the administrator when the provider returns no refresh token. */
    const char *renewal_fix;
    struct {
        const char *key, *value;
    } keys[PRESET_KEYS_MAX + 1]; /* ends with a NULL; never a key that decides who may log in */
};

/* Returns the facts of a preset; those of PRESET_NONE, which are empty, for any other value. */
const struct preset *preset_find(enum preset_name name);

#endif
