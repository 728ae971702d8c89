/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * token_request.c - builds the OAuth requests that are sent to the provider.
 */
#include "token_request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void oauth_request_clear(struct oauth_request *request) {
    secret_clear(&request->form);
    secret_clear(&request->username);
    secret_clear(&request->password);
    request->basic = false;
}

/* Percent-encodes everything but the unreserved characters of RFC 3986. A blank becomes %20, which
 * every form decoder accepts in place of "+". */
static int add_encoded(struct secret *form, const char *text, size_t size) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    int r = 0;

    for (size_t i = 0; r >= 0 && i < size; i++) {
        char code[4];
        if (text[i] != '\0' && strchr(plain, text[i])) {
            r = secret_append(form, &text[i], 1, OAUTH_FORM_MAX);
            continue;
        }
        snprintf(code, sizeof code, "%%%02X", (unsigned char)text[i]);
        r = secret_append(form, code, 3, OAUTH_FORM_MAX);
    }
    return r;
}

int oauth_add_pair(struct secret *form, const char *name, const char *value, size_t size) {
    int r = form->length > 0 ? secret_append(form, "&", 1, OAUTH_FORM_MAX) : 0;

    if (r >= 0)
        r = secret_append(form, name, strlen(name), OAUTH_FORM_MAX);
    if (r >= 0)
        r = secret_append(form, "=", 1, OAUTH_FORM_MAX);
    return r < 0 ? r : add_encoded(form, value, size);
}

/* Appends name=value, form-encoded. */
static int add_text(struct secret *form, const char *name, const char *value) {
    return oauth_add_pair(form, name, value, strlen(value));
}

/* Adds the client's identification or authentication as the configuration says. */
static int add_client(const struct provider_config *provider, struct oauth_request *ret) {
    const struct secret *secret = &provider->client_secret;
    const char *id = provider->client_id;

    if (provider->client_auth == CLIENT_AUTH_BASIC) {
        ret->basic = true;
        int r = add_encoded(&ret->username, id, strlen(id));
        return r < 0 ? r : add_encoded(&ret->password, secret_text(secret), secret->length);
    }

    int r = add_text(&ret->form, "client_id", id);
    if (r >= 0 && provider->client_auth == CLIENT_AUTH_POST)
        r = oauth_add_pair(&ret->form, "client_secret", secret_text(secret), secret->length);
    return r;
}

int oauth_build_refresh(const struct provider_config *provider, const struct secret *refresh,
                        struct oauth_request *ret) {
    oauth_request_clear(ret);
    int r = add_text(&ret->form, "grant_type", "refresh_token");
    if (r >= 0)
        r = oauth_add_pair(&ret->form, "refresh_token", secret_text(refresh), refresh->length);
    return r < 0 ? r : add_client(provider, ret);
}

/* Builds a request about a token; RFC 7009 and RFC 7662 use the same form. */
static int build_about(const struct provider_config *provider, const struct secret *token,
                       const char *hint, struct oauth_request *ret) {
    oauth_request_clear(ret);
    int r = oauth_add_pair(&ret->form, "token", secret_text(token), token->length);
    if (r >= 0)
        r = add_text(&ret->form, "token_type_hint", hint);
    return r < 0 ? r : add_client(provider, ret);
}

int oauth_build_introspection(const struct provider_config *provider, const struct secret *access,
                              struct oauth_request *ret) {
    return build_about(provider, access, "access_token", ret);
}

int oauth_build_revocation(const struct provider_config *provider, const struct secret *token,
                           enum oauth_token_kind kind, struct oauth_request *ret) {
    return build_about(provider, token,
                       kind == OAUTH_ACCESS_TOKEN ? "access_token" : "refresh_token", ret);
}

/* Adds NAME=VALUE pairs, separated by blanks in `params`. A NAME without "=" gets an empty value.
 */
static int add_params(struct secret *form, const char *params) {
    char name[128];
    int r = 0;

    for (params += strspn(params, " \t"); r >= 0 && *params != '\0';
         params += strspn(params, " \t")) {
        size_t length = strcspn(params, " \t");
        size_t split = strcspn(params, "= \t");
        if (split >= sizeof name)
            return -E2BIG;
        memcpy(name, params, split);
        name[split] = '\0';

        size_t skip = split < length ? split + 1 : length;
        r = oauth_add_pair(form, name, params + skip, length - skip);
        params += length;
    }
    return r;
}

int oauth_build_device(const struct provider_config *provider, struct oauth_request *ret) {
    int r = 0;

    oauth_request_clear(ret);
    /* RFC 8628 section 3.1: client_id is in the form even if the client authenticates by HTTP
     * Basic. */
    if (provider->client_auth == CLIENT_AUTH_BASIC)
        r = add_text(&ret->form, "client_id", provider->client_id);
    if (r >= 0)
        r = add_client(provider, ret);
    if (r >= 0 && provider->scope[0] != '\0')
        r = add_text(&ret->form, "scope", provider->scope);
    return r < 0 ? r : add_params(&ret->form, provider->auth_params);
}

int oauth_build_device_token(const struct provider_config *provider, const struct secret *code,
                             struct oauth_request *ret) {
    static const char grant_type[] = "urn:ietf:params:oauth:grant-type:device_code";

    oauth_request_clear(ret);
    int r = add_text(&ret->form, "grant_type", grant_type);
    if (r >= 0)
        r = oauth_add_pair(&ret->form, "device_code", secret_text(code), code->length);
    return r < 0 ? r : add_client(provider, ret);
}

int oauth_build_authorization(const struct provider_config *provider,
                              const struct oauth_authorization *params, struct secret *ret) {
    const struct {
        const char *name, *value;
    } pairs[] = {
        {"response_type", "code"},
        {"client_id", provider->client_id},
        {"redirect_uri", params->redirect_uri},
        {"scope", provider->scope},
        {"state", params->state},
        {"nonce", params->nonce},
        {"code_challenge", params->challenge},
        {"code_challenge_method", "S256"},
    };
    int r = 0;

    secret_clear(ret);
    for (size_t i = 0; r >= 0 && i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i].value[0] != '\0')
            r = add_text(ret, pairs[i].name, pairs[i].value);
    return r < 0 ? r : add_params(ret, provider->auth_params);
}

int oauth_build_code(const struct provider_config *provider, const struct secret *code,
                     const struct secret *verifier, const char *redirect_uri,
                     struct oauth_request *ret) {
    oauth_request_clear(ret);
    int r = add_text(&ret->form, "grant_type", "authorization_code");
    if (r >= 0)
        r = oauth_add_pair(&ret->form, "code", secret_text(code), code->length);
    if (r >= 0)
        r = add_text(&ret->form, "redirect_uri", redirect_uri);
    if (r >= 0)
        r = oauth_add_pair(&ret->form, "code_verifier", secret_text(verifier), verifier->length);
    return r < 0 ? r : add_client(provider, ret);
}
