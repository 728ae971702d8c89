/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.h - the configuration of oauth-login.conf(5), read and checked.
 */
#ifndef OAUTH_LOGIN_HELPER_CONFIG_CONFIG_H
#define OAUTH_LOGIN_HELPER_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "file.h"
#include "preset.h"
#include "protocol.h"
#include "secret.h"

enum client_auth {
    CLIENT_AUTH_NONE,
    CLIENT_AUTH_BASIC, /* client_secret_basic, RFC 6749 section 2.3.1 */
    CLIENT_AUTH_POST,  /* client_secret_post */
};

/* The proof, besides a renewed grant, that the account is active. */
enum require {
    REQUIRE_REFRESH,       /* none: the renewal is enough */
    REQUIRE_ID_TOKEN,      /* a signed ID token with each renewal */
    REQUIRE_USERINFO,      /* OpenID Connect Core section 5.3 */
    REQUIRE_INTROSPECTION, /* RFC 7662 */
};

/* Section [login]. Durations are in seconds; lists are words separated by blanks or commas; texts
 * are "" when unset. */
struct login_config {
    const char *provider;
    uint32_t minimum_uid;
    const char *ignore_users;
    const char *managed_group;
    uint32_t reuse_within;
    uint32_t deadline;
    uint32_t enroll_deadline; /* for the user, in an enrollment inside a login */
    uint32_t offline_grace;
    uint32_t offline_timeout;
    uint32_t check_sessions;         /* how often the account of an open session is checked */
    enum protocol_action on_revoked; /* never ACTION_NONE */
    bool revoke_on_logout;
};

/* Section [provider NAME] of the provider that serves logins. Texts are "" when unset. */
struct provider_config {
    const char *name;
    enum preset_name preset;
    const char *issuer;
    const char *token_endpoint;
    const char *userinfo_endpoint;
    const char *introspection_endpoint;
    const char *device_authorization_endpoint;
    const char *authorization_endpoint;
    uint32_t redirect_port; /* of the loopback redirect; 0: any free port */
    const char *revocation_endpoint;
    const char *jwks_uri;
    const char *client_id;
    enum client_auth client_auth;
    const char *client_secret_file;
    struct secret client_secret;
    const char *scope;       /* requested by an enrollment */
    const char *auth_params; /* more parameters of an enrollment: NAME=VALUE ... */
    const char *ca_file;
    const char *proxy;
    const char *username_claim;
    const char *username_suffix;
    const char *subject_claim; /* of userinfo; that of an ID token is sub */
    enum require require;
    const char *require_groups; /* separated by commas */
    const char *groups_claim;
    const char *groups_separator;
    const char *require_claim;
    const char *require_scope;
    const char *git_hosts; /* hosts that git may send the access token to */
};

/* Section [helper]: how many requests the resident helper serves at a time. */
struct helper_config {
    uint32_t max_children;
    uint32_t max_children_per_user;
};

struct config {
    struct login_config login;
    bool login_known; /* `login` can be used, even if another section is wrong */
    struct provider_config provider;
    struct helper_config helper;
    struct settings settings; /* the strings above point into it */
    char *device_endpoint; /* device_authorization_endpoint points here if it was derived from the
                              issuer */
};

#define SCOPED_CONFIG __attribute__((cleanup(config_clear)))

/* Frees and wipes everything; all zeros afterwards. */
void config_clear(struct config *config);

/* Returns the subject that [accounts NAME] maps `account` to, or NULL when it has no entry. */
const char *config_subject_of(const struct config *config, const char *account);

/* Returns whether `word` is one of the words of `list`, which blanks or commas separate. */
bool config_list_has(const char *list, const char *word);

#endif
