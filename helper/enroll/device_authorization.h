/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * device_authorization.h - the device authorization grant (RFC 8628): a person approves elsewhere,
 * with a code.
 */
#ifndef OAUTH_LOGIN_HELPER_ENROLL_DEVICE_AUTHORIZATION_H
#define OAUTH_LOGIN_HELPER_ENROLL_DEVICE_AUTHORIZATION_H

#include "config.h"
#include "http.h"
#include "peer.h"
#include "token_response.h"

struct device_authorization {
    struct secret code;
    struct prompt prompt;
    uint32_t interval; /* seconds between two questions */
};

#define SCOPED_DEVICE_AUTHORIZATION __attribute__((cleanup(device_authorization_clear)))

void device_authorization_clear(struct device_authorization *device);

/* Takes the answer to a device authorization request (section 3.2, and Google's spelling of it):
 * false, with the reason, when it is none. `ret` must be cleared. */
bool device_authorization_take(long status, const struct secret *body,
                               struct device_authorization *ret, struct reason *reason);

/* Begins one at `url`. ANSWERED; CLIENT_REFUSED where the provider will not; else what came of it.
 */
enum outcome device_authorization_begin(const struct provider_config *provider, const char *url,
                                        const struct http_patience *patience,
                                        struct device_authorization *ret, struct reason *reason);

/* Asks the token endpoint `url` until the person has decided, the code has expired, or the peer has
 * hung up. ANSWERED with the tokens; GRANT_DEAD (the code expired, or the peer is gone), DENIED,
 * CLIENT_REFUSED and others that waiting does not change, with the reason in `ret`. */
void device_authorization_poll(const struct provider_config *provider, const char *url,
                               struct device_authorization *device, const struct peer *peer,
                               struct oauth_response *ret);

#endif
