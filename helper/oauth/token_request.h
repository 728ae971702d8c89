/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * token_request.h - builds the OAuth requests that are sent to the provider. Pure: no I/O.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_TOKEN_REQUEST_H
#define OAUTH_LOGIN_HELPER_OAUTH_TOKEN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "protocol.h"
#include "secret.h"

enum { OAUTH_FORM_MAX = 4 * PROTOCOL_TOKEN_MAX }; /* bytes: a longer form is -E2BIG */

/* A request from this client, ready to be sent to one of the provider's endpoints. */
struct oauth_request {
    struct secret form;
    bool basic; /* authenticate by HTTP Basic with username and password */
    struct secret username;
    struct secret password;
};

#define SCOPED_OAUTH_REQUEST __attribute__((cleanup(oauth_request_clear)))

void oauth_request_clear(struct oauth_request *request);

/* Builds the request that renews with the refresh token (RFC 6749 section 6), authenticating as the
 * configuration says (section 2.3.1: identifier and secret are form-encoded before HTTP Basic). It
 * has no scope, so that the scope stays what was granted. -ENOMEM, -E2BIG. */
int oauth_build_refresh(const struct provider_config *provider, const struct secret *refresh,
                        struct oauth_request *ret);

/* Builds the request that asks the provider about the access token (RFC 7662 section 2.1),
 * authenticating in the same way. -ENOMEM, -E2BIG. */
int oauth_build_introspection(const struct provider_config *provider, const struct secret *access,
                              struct oauth_request *ret);

enum oauth_token_kind {
    OAUTH_ACCESS_TOKEN,
    OAUTH_REFRESH_TOKEN, /* revoking it ends its whole grant */
};

/* Builds the request that revokes `token` (RFC 7009 section 2.1). -ENOMEM, -E2BIG. */
int oauth_build_revocation(const struct provider_config *provider, const struct secret *token,
                           enum oauth_token_kind kind, struct oauth_request *ret);

/* Build the request that begins a device authorization (RFC 8628 section 3.1), with the configured
 * scope and auth_params, and the one that asks for its tokens (section 3.4). -ENOMEM, -E2BIG. */
int oauth_build_device(const struct provider_config *provider, struct oauth_request *ret);
int oauth_build_device_token(const struct provider_config *provider, const struct secret *code,
                             struct oauth_request *ret);

/* The parameters of an authorization request that do not come from the configuration. */
struct oauth_authorization {
    const char *redirect_uri;
    const char *state;
    const char *nonce;     /* OpenID Connect Core section 3.1.2.1 */
    const char *challenge; /* code_challenge by method S256, RFC 7636 section 4.2 */
};

/* Build the query of an authorization request (RFC 6749 section 4.1.1) with the configured scope
 * and auth_params, and the request that redeems its code (section 4.1.3; RFC 7636 section 4.5).
 * -ENOMEM, -E2BIG. */
int oauth_build_authorization(const struct provider_config *provider,
                              const struct oauth_authorization *params, struct secret *ret);
int oauth_build_code(const struct provider_config *provider, const struct secret *code,
                     const struct secret *verifier, const char *redirect_uri,
                     struct oauth_request *ret);

/* Appends name=value to the form, `value` of `size` bytes form-encoded, with a "&" before every
 * pair but the first. -ENOMEM, -E2BIG. */
int oauth_add_pair(struct secret *form, const char *name, const char *value, size_t size);

#endif
