/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preset.c - the facts about common providers, as data.
 */
#include "preset.h"

#define OFFLINE_ACCESS_FIX "add offline_access to scope, and allow the client refresh tokens: at "

static const struct preset presets[PRESET_COUNT] = {
    [PRESET_NONE] =
        {
            .name = "none",
            .renewal_fix = "request one: add offline_access to scope, or set auth_params = "
                           "access_type=offline prompt=consent",
        },
    /* The scope offline_access is invalid there. A client has a secret, even one for devices, which
     * may request few scopes. Every renewal returns an ID token. */
    [PRESET_GOOGLE] =
        {
            .name = "google",
            .renewal_fix = "set auth_params = access_type=offline prompt=consent; Google keeps the "
                           "newest 100 grants of a user for one client",
            .keys = {{"issuer", "https://accounts.google.com"},
                     {"client_auth", "client_secret_post"},
                     {"scope", "openid email profile"},
                     {"auth_params", "access_type=offline prompt=consent"},
                     {"require", "id_token"}},
        },
    /* The scope email is left out: the user can change that address. */
    [PRESET_ENTRA] =
        {
            .name = "entra",
            .issuer_shape = "https://login.microsoftonline.com/TENANT/v2.0, where TENANT is the id "
                            "of the directory and not its name",
            .renewal_fix = OFFLINE_ACCESS_FIX "Entra, allow public client flows",
            .keys = {{"scope", "openid profile offline_access"}, {"require", "id_token"}},
        },
    [PRESET_OKTA] =
        {
            .name = "okta",
            .issuer_shape = "https://ORG.okta.com or https://ORG.okta.com/oauth2/default",
            .renewal_fix = OFFLINE_ACCESS_FIX "Okta, add the grant type Refresh Token",
            .keys = {{"scope", "openid profile email offline_access"}, {"require", "id_token"}},
        },
    [PRESET_AUTH0] =
        {
            .name = "auth0",
            .issuer_shape = "https://TENANT.auth0.com/ with the slash at its end",
            .renewal_fix = OFFLINE_ACCESS_FIX "Auth0, add the grant type Refresh Token",
            .keys = {{"scope", "openid profile email offline_access"}, {"require", "id_token"}},
        },
    /* Without offline_access a grant ends with the user's session at the provider, after 30 idle
     * minutes. */
    [PRESET_KEYCLOAK] =
        {
            .name = "keycloak",
            .issuer_shape = "https://HOST/realms/REALM",
            .renewal_fix =
                OFFLINE_ACCESS_FIX "Keycloak, assign the client scope offline_access, and "
                                   "to the user the role of that name",
            .keys = {{"scope", "openid profile email offline_access"}, {"require", "userinfo"}},
        },
    /* No discovery, no ID tokens, no revocation endpoint (RFC 7009). A GitHub App has permissions
     * instead of scopes. A grant can still be renewed after its user has left the organization. */
    [PRESET_GITHUB] =
        {
            .name = "github",
            .renewal_fix = "use a GitHub App, not an OAuth App, and let its user tokens expire "
                           "(Optional features)",
            .keys = {{"token_endpoint", "https://github.com/login/oauth/access_token"},
                     {"device_authorization_endpoint", "https://github.com/login/device/code"},
                     {"authorization_endpoint", "https://github.com/login/oauth/authorize"},
                     {"userinfo_endpoint", "https://api.github.com/user"},
                     {"subject_claim", "id"},
                     {"require", "userinfo"}},
        },
    /* Its ID tokens have groups_direct only; userinfo has the inherited groups too. */
    [PRESET_GITLAB] =
        {
            .name = "gitlab",
            .device_path = "/oauth/authorize_device",
            .renewal_fix = "check that the application has the scopes openid and profile",
            .keys = {{"issuer", "https://gitlab.com"},
                     {"scope", "openid profile"},
                     {"require", "userinfo"}},
        },
};

const struct preset *preset_find(enum preset_name name) {
    return &presets[name < PRESET_COUNT ? name : PRESET_NONE];
}
