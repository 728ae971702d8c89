/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * authorization_code.h - the authorization code grant (RFC 6749 section 4.1) of a native
 * application (RFC 8252), with PKCE (RFC 7636): a person approves in a browser, which is redirected
 * to loopback.h.
 */
#ifndef OAUTH_LOGIN_HELPER_ENROLL_AUTHORIZATION_CODE_H
#define OAUTH_LOGIN_HELPER_ENROLL_AUTHORIZATION_CODE_H

#include "authorization_response.h"
#include "config.h"
#include "http.h"
#include "messages.h"
#include "token_response.h"

enum { BROWSER_LIFE = 600 }; /* seconds that the person has */

struct authorization_code {
    char redirect_uri[32];
    struct secret state;
    struct secret verifier; /* code_verifier, RFC 7636 section 4.1 */
    char nonce[RECORD_NONCE_SIZE];
    struct prompt prompt;
};

#define SCOPED_AUTHORIZATION_CODE __attribute__((cleanup(authorization_code_clear)))

void authorization_code_clear(struct authorization_code *browser);

/* Makes the authorization request to the endpoint `url` that answers to `port` of the loopback, and
 * its prompt. ANSWERED; WRONG_SETTING for an address that can't be shown or is over
 * PROTOCOL_ADDRESS_MAX; FAILED. */
enum outcome authorization_code_begin(const struct provider_config *provider, const char *url,
                                      uint32_t port, struct authorization_code *ret,
                                      struct reason *reason);

/* Judges the authorization response: ANSWERED with a code, or what the provider's error means;
 * DENIED when it is of another issuer than [provider] issuer, or of none although the provider
 * names itself (`named`) in all of them (RFC 9207 section 2.4). Pure. */
enum outcome authorization_code_judge(const struct provider_config *provider, bool named,
                                      const struct authorization_response *redirect,
                                      struct reason *reason);

/* Redeems the code at the token endpoint `url`, once. ANSWERED with the tokens; else what came
 * of it, with the reason in `ret`. */
void authorization_code_redeem(const struct provider_config *provider, const char *url,
                               const struct authorization_code *browser, const struct secret *code,
                               struct oauth_response *ret);

#endif
