/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.c - checks that the keys of the configuration fit together.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "preset.h"
#include "scoped.h"

enum { SECRET_FILE_MAX = 4096, POLICY_PART_MAX = 250 };

static bool has_section(const struct config *config, const char *kind, const char *name) {
    for (size_t i = 0; i < config->settings.count; i++) {
        const char *found = settings_section_name(config->settings.list[i].section, kind);
        if (found && strcmp(found, name) == 0)
            return true;
    }
    return false;
}

/* Returns the fix for a secret file that cannot be opened; "" if there is none. */
static const char *find_open_fix(int error) {
    if (error == EACCES)
        return "; it must belong to root:oauth-login and have mode 0640";
    if (error == ENOENT)
        return "; write the secret to it, as root:oauth-login with mode 0640";
    return "";
}

static int read_secret_file(struct provider_config *provider, struct reason *reason) {
    const char *path = provider->client_secret_file;
    struct stat status;

    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0)
        return reason_set(reason, -errno, "cannot open client_secret_file %s: %s%s", path,
                          strerror(errno), find_open_fix(errno));
    if (!S_ISREG(status.st_mode) || status.st_uid != 0 || (status.st_mode & (S_IWGRP | S_IRWXO)))
        return reason_set(
            reason, -EPERM,
            "client_secret_file %s must be a regular file that belongs to root and that "
            "others can neither read nor write; run: chown root:oauth-login %s; "
            "chmod 0640 %s",
            path, path, path);

    int r = secret_read(&provider->client_secret, fd, SECRET_FILE_MAX);
    if (r < 0)
        return reason_set(reason, r, "cannot read client_secret_file %s: %s", path, strerror(-r));

    struct secret *secret = &provider->client_secret;
    while (secret->length > 0 &&
           (secret->data[secret->length - 1] == '\n' || secret->data[secret->length - 1] == '\r'))
        secret->data[--secret->length] = '\0';
    if (secret->length == 0 || strlen(secret_text(secret)) != secret->length)
        return reason_set(reason, -EINVAL, "client_secret_file %s holds no secret", path);
    return 0;
}

/* Returns whether an entry of the list is longer than policy.c can compare. */
static bool has_long_part(const char *list, const char *separators) {
    while (*list != '\0') {
        size_t length = strcspn(list, separators);
        if (length > POLICY_PART_MAX)
            return true;
        list += length + strspn(list + length, separators);
    }
    return false;
}

/* Checks the policy. Groups and other claims are looked up in a claims response, which a renewal
 * alone does not return. */
static int check_policy(const struct provider_config *provider, const char *path,
                        struct reason *reason) {
    bool claims = provider->require_groups[0] != '\0' || provider->require_claim[0] != '\0';

    if (claims && provider->require == REQUIRE_REFRESH)
        return reason_set(reason, -EINVAL,
                          "%s: [provider %s] require: refresh brings no claims, but %s needs them; "
                          "set it to id_token, userinfo or introspection",
                          path, provider->name,
                          provider->require_groups[0] != '\0' ? "require_groups" : "require_claim");
    if (has_long_part(provider->require_groups, ",") ||
        has_long_part(provider->require_claim, " \t,") ||
        has_long_part(provider->require_scope, " \t,"))
        return reason_set(
            reason, -EINVAL,
            "%s: [provider %s] require_groups, require_claim or require_scope: an entry "
            "is longer than %d bytes",
            path, provider->name, POLICY_PART_MAX);
    if (provider->require == REQUIRE_ID_TOKEN && provider->issuer[0] == '\0')
        return reason_set(reason, -EINVAL,
                          "%s: [provider %s] require = id_token needs issuer; set it", path,
                          provider->name);

    const char *demand = provider->require_claim;
    for (demand += strspn(demand, " \t,"); *demand != '\0'; demand += strspn(demand, " \t,")) {
        size_t length = strcspn(demand, " \t,");
        const char *equals = memchr(demand, '=', length);
        if (!equals || equals == demand)
            return reason_set(reason, -EINVAL,
                              "%s: [provider %s] require_claim: %.*s is not CLAIM=VALUE", path,
                              provider->name, (int)length, demand);
        demand += length;
    }
    return 0;
}

/* Checks the keys that identify the provider, and those that identify a user there. */
static int check_identity(const struct config *config, const char *path, struct reason *reason) {
    const struct provider_config *provider = &config->provider;
    const char *name = provider->name;
    const struct preset *preset = preset_find(provider->preset);

    if (provider->issuer[0] == '\0' && preset->issuer_shape)
        return reason_set(reason, -EINVAL,
                          "%s: [provider %s] issuer: not set; with preset %s it is %s", path, name,
                          preset->name, preset->issuer_shape);
    if (provider->issuer[0] == '\0' && provider->token_endpoint[0] == '\0')
        return reason_set(reason, -EINVAL,
                          "%s: [provider %s] issuer: not set; set issuer or token_endpoint", path,
                          name);
    if (!has_section(config, "accounts", name) && provider->username_claim[0] == '\0')
        return reason_set(
            reason, -EINVAL,
            "%s: [provider %s] username_claim: not set, and there is no [accounts %s]; set "
            "one of them, to tell which account a grant belongs to",
            path, name, name);
    if (provider->subject_claim[0] == '\0')
        return reason_set(reason, -EINVAL, "%s: [provider %s] subject_claim: empty; set it to sub",
                          path, name);
    /* Otherwise one account would have two subjects: sub in the ID token, and another claim in
     * userinfo. */
    if (strcmp(provider->subject_claim, "sub") != 0 &&
        (provider->issuer[0] != '\0' || provider->jwks_uri[0] != '\0' ||
         provider->require == REQUIRE_ID_TOKEN || provider->require == REQUIRE_INTROSPECTION))
        return reason_set(
            reason, -EINVAL,
            "%s: [provider %s] subject_claim = %.100s: only for a provider without "
            "issuer and jwks_uri, with require = refresh or userinfo; else set it to sub",
            path, name, provider->subject_claim);
    return 0;
}

int config_check(struct config *config, const char *path, struct reason *reason) {
    struct provider_config *provider = &config->provider;
    const char *name = provider->name;
    int r = 0;

    if (name[0] == '\0')
        return reason_set(reason, -EINVAL,
                          "%s: [login] provider: not set; name the [provider NAME] "
                          "section that serves logins",
                          path);
    if (!has_section(config, "provider", name))
        return reason_set(reason, -EINVAL,
                          "%s: [login] provider = %s: there is no section [provider %s]", path,
                          name, name);
    if (provider->client_id[0] == '\0')
        return reason_set(reason, -EINVAL, "%s: [provider %s] client_id: not set", path, name);

    r = check_identity(config, path, reason);
    if (r >= 0)
        r = check_policy(provider, path, reason);
    if (r < 0)
        return r;

    bool secret = provider->client_auth != CLIENT_AUTH_NONE;
    if (secret && provider->client_secret_file[0] == '\0')
        return reason_set(reason, -EINVAL,
                          "%s: [provider %s] client_secret_file: not set, but "
                          "client_auth needs a secret",
                          path, name);
    if (!secret && provider->client_secret_file[0] != '\0')
        return reason_set(reason, -EINVAL,
                          "%s: [provider %s] client_auth: none, but client_secret_file is set; "
                          "set client_auth to client_secret_basic or client_secret_post",
                          path, name);
    return secret ? read_secret_file(provider, reason) : 0;
}
