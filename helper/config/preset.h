/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preset.h - what is known of widespread providers, so that an administrator need not find it out:
 * keys of [provider NAME] that the configuration leaves unset, and a few facts beside them.
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
    const char *issuer_shape; /* where every tenant has an issuer of its own; else NULL */
    const char *device_path;  /* of device authorization, below the issuer, where discovery does not
                               * tell it; else NULL */
    const char *renewal_fix;  /* what to do when it gives no refresh token */
    struct {
        const char *key, *value;
    } keys[PRESET_KEYS_MAX + 1]; /* ends with a NULL; who may log in is never among them */
};

/* The facts of a preset, by a number below PRESET_COUNT; those of PRESET_NONE are empty. */
const struct preset *preset_find(unsigned name);

#endif
