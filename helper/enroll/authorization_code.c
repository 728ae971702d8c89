/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * authorization_code.c - the authorization code grant, with PKCE.
 */
#include "authorization_code.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fetch.h"
#include "seal.h"

enum { BROWSER_PATIENCE_MS = 10000 }; /* how long to wait for the token endpoint */

_Static_assert(SEAL_DIGEST_SIZE == 32, "43 characters of base64url, and a NUL");
_Static_assert(RECORD_NONCE_SIZE == 44, "43 characters of base64url, and a NUL");

void authorization_code_clear(struct authorization_code *flow) {
    secret_clear(&flow->state);
    secret_clear(&flow->verifier);
    explicit_bzero(flow, sizeof *flow);
}

/* Encodes 32 bytes as base64url without padding (RFC 7636 appendix A). */
static void encode(const uint8_t bytes[32], char ret[RECORD_NONCE_SIZE]) {
    uint8_t text[48];

    EVP_EncodeBlock(text, bytes, 32);
    memcpy(ret, text, RECORD_NONCE_SIZE - 1);
    ret[RECORD_NONCE_SIZE - 1] = '\0';
    for (char *at = ret; *at != '\0'; at++) {
        if (*at == '+')
            *at = '-';
        if (*at == '/')
            *at = '_';
    }
    explicit_bzero(text, sizeof text);
}

static int make_random(char ret[RECORD_NONCE_SIZE]) {
    uint8_t bytes[32];
    int r = seal_random(bytes, sizeof bytes);

    if (r >= 0)
        encode(bytes, ret);
    explicit_bzero(bytes, sizeof bytes);
    return r;
}

static int make_secret(struct secret *ret) {
    char text[RECORD_NONCE_SIZE];
    int r = make_random(text);

    if (r >= 0)
        r = secret_set(ret, text, sizeof text - 1, sizeof text);
    explicit_bzero(text, sizeof text);
    return r;
}

/* Whether the address has only those characters of RFC 3986 that are not special to a terminal or a
 * shell: it is printed, and passed to a shell script. */
static bool is_plain(const char *address) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._~:/?@%&=+,";
    return strncmp(address, "https://", 8) == 0 && address[strspn(address, plain)] == '\0';
}

/* Joins the endpoint and the query, and keeps a query that is already part of the endpoint (RFC
 * 6749 section 3.1). */
static enum outcome make_address(const char *url, const struct secret *query,
                                 char ret[PROTOCOL_ADDRESS_MAX + 1], struct reason *reason) {
    size_t size = PROTOCOL_ADDRESS_MAX + 1;
    int length =
        snprintf(ret, size, "%s%s%s", url, strchr(url, '?') ? "&" : "?", secret_text(query));

    if (length > 0 && (size_t)length < size && is_plain(ret))
        return OUTCOME_ANSWERED;
    if (is_plain(url))
        reason_set(reason, 0,
                   "the authorization address is over %d bytes: shorten scope or auth_params",
                   PROTOCOL_ADDRESS_MAX);
    else
        reason_set(reason, 0,
                   "authorization_endpoint %.200s is not an https:// address of plain characters",
                   url);
    return OUTCOME_WRONG_SETTING;
}

/* Makes the secrets of the flow and the query of its authorization request. */
static int build(const struct provider_config *provider, struct authorization_code *flow,
                 struct secret *ret) {
    uint8_t digest[SEAL_DIGEST_SIZE];
    char challenge[RECORD_NONCE_SIZE];
    struct oauth_authorization params = {
        .redirect_uri = flow->redirect_uri, .nonce = flow->nonce, .challenge = challenge};
    int r = make_secret(&flow->state);

    if (r >= 0)
        r = make_secret(&flow->verifier);
    if (r >= 0)
        r = make_random(flow->nonce);
    if (r >= 0)
        r = seal_digest(flow->verifier.data, flow->verifier.length, digest);
    if (r < 0)
        return r;

    encode(digest, challenge);
    params.state = secret_text(&flow->state);
    return oauth_build_authorization(provider, &params, ret);
}

enum outcome authorization_code_begin(const struct provider_config *provider, const char *url,
                                      uint32_t port, struct authorization_code *ret,
                                      struct reason *reason) {
    SCOPED_SECRET struct secret query = {0};

    snprintf(ret->redirect_uri, sizeof ret->redirect_uri, "http://127.0.0.1:%u/", port);
    ret->prompt.seconds = BROWSER_LIFE;
    ret->prompt.port = port;
    if (build(provider, ret, &query) < 0) {
        reason_set(reason, 0, "auth_params too long, or out of memory");
        return OUTCOME_FAILED;
    }
    return make_address(url, &query, ret->prompt.address, reason);
}

enum outcome authorization_code_judge(const struct provider_config *provider, bool issuer_required,
                                      const struct authorization_response *response,
                                      struct reason *reason) {
    const char *issuer = secret_text(&response->issuer);
    bool has_issuer = response->issuer.length > 0;

    if (has_issuer && provider->issuer[0] != '\0' && strcmp(issuer, provider->issuer) != 0) {
        reason_set(reason, 0, "the browser brought a response from another issuer: %.200s", issuer);
        return OUTCOME_DENIED;
    }
    if (!has_issuer && issuer_required) {
        reason_set(reason, 0,
                   "the browser brought a response without iss, which %s promises to send "
                   "(authorization_response_iss_parameter_supported)",
                   provider->name);
        return OUTCOME_DENIED;
    }

    if (response->error.length == 0)
        return OUTCOME_ANSWERED;
    return oauth_judge_authorization_error(secret_text(&response->error),
                                           secret_text(&response->description), reason);
}

void authorization_code_redeem(const struct provider_config *provider, const char *url,
                               const struct authorization_code *flow, const struct secret *code,
                               struct oauth_response *ret) {
    SCOPED_OAUTH_REQUEST struct oauth_request built = {0};
    SCOPED_HTTP_RESPONSE struct http_response response = {0};
    int64_t end = clock_boot_ms() + BROWSER_PATIENCE_MS;
    struct http_patience patience = {.deadline_ms = end, .linger_ms = end};

    if (oauth_build_code(provider, code, &flow->verifier, flow->redirect_uri, &built) < 0) {
        reason_set(&ret->reason, 0, "out of memory");
        ret->outcome = OUTCOME_FAILED;
        return;
    }

    struct http_request request = fetch_request(url, &built);
    ret->outcome = fetch_perform(provider, &request, &patience, &response, &ret->reason);
    if (ret->outcome == OUTCOME_ANSWERED)
        oauth_judge(response.status, &response.body, ret);
}
