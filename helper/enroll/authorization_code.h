/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * authorization_code.h - the authorization code grant (RFC 6749 section 4.1) of a native
 * application (RFC 8252), with PKCE (RFC 7636): the user approves in a browser, which the provider
 * then redirects to the listener of loopback.h.
 */
#ifndef OAUTH_LOGIN_HELPER_ENROLL_AUTHORIZATION_CODE_H
#define OAUTH_LOGIN_HELPER_ENROLL_AUTHORIZATION_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "authorization_response.h"
#include "config.h"
#include "messages.h"
#include "outcome.h"
#include "reason.h"
#include "record.h"
#include "secret.h"
#include "token_response.h"

enum { BROWSER_LIFE = 600 }; /* seconds that the user has */

struct authorization_code {
    char redirect_uri[32];
    struct secret state;
    struct secret verifier; /* code_verifier (RFC 7636 section 4.1) */
    char nonce[RECORD_NONCE_SIZE];
    struct prompt prompt;
};

#define SCOPED_AUTHORIZATION_CODE __attribute__((cleanup(authorization_code_clear)))

void authorization_code_clear(struct authorization_code *flow);

/* Builds (but does not send) the authorization request for the endpoint `url`, and its prompt. The
 * response will arrive at `port` on 127.0.0.1. ANSWERED; WRONG_SETTING for an address that cannot
 * be shown or is over PROTOCOL_ADDRESS_MAX bytes; FAILED. `reason` is set unless ANSWERED. */
enum outcome authorization_code_begin(const struct provider_config *provider, const char *url,
                                      uint32_t port, struct authorization_code *ret,
                                      struct reason *reason);

/* Judges the authorization response: ANSWERED when it has a code, else the outcome of the
 * provider's error. DENIED when its iss is not the configured issuer, or is missing although the
 * provider promises it in every response (`issuer_required`; RFC 9207 section 2.4). Pure: no
 * I/O. */
enum outcome authorization_code_judge(const struct provider_config *provider, bool issuer_required,
                                      const struct authorization_response *response,
                                      struct reason *reason);

/* Redeems the code at the token endpoint `url`, once. Sets the outcome in `ret`: ANSWERED with the
 * tokens; else another one, with the reason. */
void authorization_code_redeem(const struct provider_config *provider, const char *url,
                               const struct authorization_code *flow, const struct secret *code,
                               struct oauth_response *ret);

#endif
