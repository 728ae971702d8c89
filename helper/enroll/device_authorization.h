/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * device_authorization.h - the device authorization grant (RFC 8628): the user enters a code in a
 * browser on any device and approves there.
 */
#ifndef OAUTH_LOGIN_HELPER_ENROLL_DEVICE_AUTHORIZATION_H
#define OAUTH_LOGIN_HELPER_ENROLL_DEVICE_AUTHORIZATION_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "http.h"
#include "messages.h"
#include "outcome.h"
#include "peer.h"
#include "reason.h"
#include "secret.h"
#include "token_response.h"

struct device_authorization {
    struct secret code; /* device_code */
    struct prompt prompt;
    uint32_t interval; /* seconds between two requests */
};

#define SCOPED_DEVICE_AUTHORIZATION __attribute__((cleanup(device_authorization_clear)))

void device_authorization_clear(struct device_authorization *flow);

/* Parses the response to a device authorization request (RFC 8628 section 3.2; also Google's
 * spelling, verification_url). False with the reason when it has no code that can be shown. `ret`
 * must be cleared. */
bool device_authorization_parse(long status, const struct secret *body,
                                struct device_authorization *ret, struct reason *reason);

/* Begins a device authorization at the endpoint `url`. ANSWERED; CLIENT_REFUSED when the provider
 * refuses; else another outcome. `reason` is set unless ANSWERED. */
enum outcome device_authorization_begin(const struct provider_config *provider, const char *url,
                                        const struct http_patience *patience,
                                        struct device_authorization *ret, struct reason *reason);

/* Asks the token endpoint `url` until the user has decided, the code has expired, or the peer has
 * hung up. Sets the outcome in `ret`: ANSWERED with the tokens; GRANT_DEAD (the code has expired,
 * or the peer is gone), DENIED, CLIENT_REFUSED or another final outcome, with the reason. */
void device_authorization_poll(const struct provider_config *provider, const char *url,
                               struct device_authorization *flow, const struct peer *peer,
                               struct oauth_response *ret);

#endif
