/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preset.c - what is known of widespread providers, as data.
 */
#include "preset.h"

#define OFFLINE_ACCESS_MEND \
    "have offline_access in scope, and let the client have refresh tokens: at "

static const struct preset presets[PRESET_COUNT] = {
    [PRESET_NONE] =
        {
            .name = "none",
            .renewal_fix = "renewal has to be asked for, with scope = ... offline_access, or "
                           "auth_params = access_type=offline prompt=consent",
        },
    /* offline_access is invalid_scope there; a client has a secret, even for devices, whose scopes
     * are few. Every renewal brings an ID token. */
    [PRESET_GOOGLE] =
        {
            .name = "google",
            .renewal_fix = "have access_type=offline prompt=consent in auth_params; of a person's "
                           "100 grants for one client the oldest dies",
            .keys = {{"issuer", "https://accounts.google.com"},
                     {"client_auth", "client_secret_post"},
                     {"scope", "openid email profile"},
                     {"auth_params", "access_type=offline prompt=consent"},
                     {"require", "id_token"}},
        },
    /* Without the scope email: that address is the person's to change. */
    [PRESET_ENTRA] =
        {
            .name = "entra",
            .issuer_shape = "https://login.microsoftonline.com/TENANT/v2.0, TENANT being the "
                            "directory's id and not its name",
            .renewal_fix = OFFLINE_ACCESS_MEND "Entra, allow public client flows",
            .keys = {{"scope", "openid profile offline_access"}, {"require", "id_token"}},
        },
    [PRESET_OKTA] =
        {
            .name = "okta",
            .issuer_shape = "https://ORG.okta.com or https://ORG.okta.com/oauth2/default",
            .renewal_fix = OFFLINE_ACCESS_MEND "Okta, the grant type Refresh Token",
            .keys = {{"scope", "openid profile email offline_access"}, {"require", "id_token"}},
        },
    [PRESET_AUTH0] =
        {
            .name = "auth0",
            .issuer_shape = "https://TENANT.auth0.com/ with the slash at its end",
            .renewal_fix = OFFLINE_ACCESS_MEND "Auth0, the grant type Refresh Token",
            .keys = {{"scope", "openid profile email offline_access"}, {"require", "id_token"}},
        },
    /* Without offline_access a grant ends with the person's session, 30 idle minutes. */
    [PRESET_KEYCLOAK] =
        {
            .name = "keycloak",
            .issuer_shape = "https://HOST/realms/REALM",
            .renewal_fix = OFFLINE_ACCESS_MEND "Keycloak, the client scope offline_access and the "
                                               "person's role of that name",
            .keys = {{"scope", "openid profile email offline_access"}, {"require", "userinfo"}},
        },
    /* No discovery, no ID tokens, no RFC 7009. A GitHub App's permissions stand in for scopes. A
     * grant still renews when its person has left the organization. */
    [PRESET_GITHUB] =
        {
            .name = "github",
            .renewal_fix = "use a GitHub App, not an OAuth App, whose user tokens expire (Optional "
                           "features)",
            .keys = {{"token_endpoint", "https://github.com/login/oauth/access_token"},
                     {"device_authorization_endpoint", "https://github.com/login/device/code"},
                     {"authorization_endpoint", "https://github.com/login/oauth/authorize"},
                     {"userinfo_endpoint", "https://api.github.com/user"},
                     {"subject_claim", "id"},
                     {"require", "userinfo"}},
        },
    /* Its ID tokens have groups_direct only; userinfo has inherited groups too. */
    [PRESET_GITLAB] =
        {
            .name = "gitlab",
            .device_path = "/oauth/authorize_device",
            .renewal_fix = "look at the scopes of the application: openid and profile",
            .keys = {{"issuer", "https://gitlab.com"},
                     {"scope", "openid profile"},
                     {"require", "userinfo"}},
        },
};

const struct preset *preset_find(unsigned name) {
    return &presets[name < PRESET_COUNT ? name : PRESET_NONE];
}
