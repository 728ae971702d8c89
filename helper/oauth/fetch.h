/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fetch.h - sends one request to a provider's endpoint and judges the response.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_FETCH_H
#define OAUTH_LOGIN_HELPER_OAUTH_FETCH_H

#include <stdbool.h>

#include "config.h"
#include "http.h"
#include "json.h"
#include "outcome.h"
#include "reason.h"
#include "secret.h"
#include "token_request.h"

/* Returns the HTTP settings of a provider; they live as long as `provider`. */
struct http_settings fetch_settings(const struct provider_config *provider);

/* Returns the HTTP request that sends `built` (token_request.h) to `url`; it lives as long as both.
 */
struct http_request fetch_request(const char *url, const struct oauth_request *built);

/* Sends a request and gives up at the deadline, even if it has been sent: abandoning it loses
 * nothing. ANSWERED with a complete response, whatever its status; else the outcome, with the
 * reason. */
enum outcome fetch_perform(const struct provider_config *provider,
                           const struct http_request *request, const struct http_patience *patience,
                           struct http_response *ret, struct reason *reason);

/* Returns the outcome of a request that got no complete response, with the reason for the log. */
enum outcome fetch_judge_failure(const char *url, const struct http_response *response,
                                 struct reason *reason);

/* Whether the status of a GET means that the server will not serve it, rather than "not now". */
bool fetch_is_refusal(long status);

/* Fetches the claims of the token's owner (OpenID Connect Core section 5.3) from `url`. ANSWERED
 * with the object, owned by the caller; NOT_SERVED when the endpoint does not serve this token
 * (401, 403, 404, 405); else another outcome. `reason` is set unless ANSWERED. */
enum outcome fetch_userinfo(const struct provider_config *provider, const char *url,
                            const struct secret *access, const struct http_patience *patience,
                            struct json_object **ret_claims, struct reason *reason);

/* Asks `url` about the token (RFC 7662). ANSWERED with the response's object when the token is
 * active; DENIED when it is not; NOT_SERVED when this client may not use the endpoint; else another
 * outcome. The caller owns the object, which may be set with DENIED as well. `reason` is set unless
 * ANSWERED. */
enum outcome fetch_introspection(const struct provider_config *provider, const char *url,
                                 const struct secret *access, const struct http_patience *patience,
                                 struct json_object **ret_claims, struct reason *reason);

#endif
