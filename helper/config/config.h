/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.h - what the administrator decided: oauth-login.conf(5), checked as a whole.
 */
#ifndef OAUTH_LOGIN_HELPER_CONFIG_CONFIG_H
#define OAUTH_LOGIN_HELPER_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "file.h"
#include "reason.h"
#include "secret.h"

enum client_auth {
    CLIENT_AUTH_NONE,
    CLIENT_AUTH_BASIC, /* client_secret_basic, RFC 6749 section 2.3.1 */
    CLIENT_AUTH_POST,  /* client_secret_post */
};

/* What proves, beyond a renewed grant, that the account is active. */
enum require {
    REQUIRE_REFRESH,       /* nothing: the renewal itself */
    REQUIRE_ID_TOKEN,      /* a signed ID token with each renewal */
    REQUIRE_USERINFO,      /* OpenID Connect Core section 5.3 */
    REQUIRE_INTROSPECTION, /* RFC 7662 */
};

/* Section [login]. Durations in seconds, lists of words with blanks or commas between them, "" when
 * unset. */
struct login_config {
    const char *provider;
    uint32_t minimum_uid;
    const char *ignore_users;
    const char *managed_group;
    uint32_t reuse_within;
    uint32_t deadline;
    uint32_t enroll_deadline; /* for the person, in an enrollment inside a login */
    uint32_t offline_grace;
    uint32_t offline_timeout;
    uint32_t check_sessions;   /* how often an open session's account is asked for */
    uint32_t on_revoked;       /* enum protocol_action, less ACTION_LOG */
    uint32_t revoke_on_logout; /* bool */
};

/* Section [provider NAME] of the provider that serves logins. Texts are "" when unset. */
struct provider_config {
    const char *name;
    uint32_t preset; /* enum preset_name */
    const char *issuer;
    const char *token_endpoint;
    const char *userinfo_endpoint;
    const char *introspection_endpoint;
    const char *device_authorization_endpoint;
    const char *authorization_endpoint;
    uint32_t redirect_port; /* of the loopback redirect; 0: a free one */
    const char *revocation_endpoint;
    const char *jwks_uri;
    const char *client_id;
    uint32_t client_auth; /* enum client_auth */
    const char *client_secret_file;
    struct secret client_secret;
    const char *scope;       /* what an enrollment asks for */
    const char *auth_params; /* more parameters of an enrollment, NAME=VALUE ... */
    const char *ca_file;
    const char *proxy;
    const char *username_claim;
    const char *username_suffix;
    const char *subject_claim;  /* of userinfo; an ID token's is sub */
    uint32_t require;           /* enum require */
    const char *require_groups; /* with commas between them */
    const char *groups_claim;
    const char *groups_separator;
    const char *require_claim;
    const char *require_scope;
    const char *git_hosts; /* that git may send the access token to */
};

/* Section [helper]: how many the resident helper answers at once. */
struct helper_config {
    uint32_t max_children;
    uint32_t max_children_per_user;
};

struct config {
    struct login_config login;
    bool login_known; /* `login` is whole, whatever else is wrong */
    struct provider_config provider;
    struct helper_config helper;
    struct settings settings; /* what the strings above point into, */
    char *device_endpoint;    /* and this one, below the issuer */
};

#define SCOPED_CONFIG __attribute__((cleanup(config_clear)))

void config_clear(struct config *config);

/* The subject that [accounts NAME] maps `account` to, or NULL when it has no entry there. */
const char *config_subject_of(const struct config *config, const char *account);

/* Whether `list`, words with blanks or commas between them, holds exactly `word`. */
bool config_list_has(const char *list, const char *word);

#endif
