/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fetch.h - one request to a provider's endpoint, and what came of it.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_FETCH_H
#define OAUTH_LOGIN_HELPER_OAUTH_FETCH_H

#include <stdbool.h>

#include "config.h"
#include "http.h"
#include "json.h"
#include "outcome.h"
#include "token_request.h"

/* The HTTP settings of a provider. */
struct http_settings fetch_settings(const struct provider_config *provider);

/* What token_request.h has built, as a request to `url`; lives as long as `built`. */
struct http_request fetch_request(const char *url, const struct oauth_request *built);

/* Performs a request that ends with the deadline, since nothing is lost by giving it up. ANSWERED
 * with a complete answer, whatever its status; else what came of it, with the reason. */
enum outcome fetch_perform(const struct provider_config *provider,
                           const struct http_request *request, const struct http_patience *patience,
                           struct http_response *ret, struct reason *reason);

/* The outcome of a request that brought no complete answer, with the reason for the log. */
enum outcome fetch_judge_failure(const char *url, const struct http_response *response,
                                 struct reason *reason);

/* Whether a GET's status says that there is nothing of the kind, rather than "not now". */
bool fetch_is_refusal(long status);

/* Fetches the claims of the token's owner (OpenID Connect Core section 5.3) from `url`. ANSWERED
 * with the object, owned by the caller; NOT_SERVED when the endpoint does not serve this token
 * (401, 403, 404, 405); else what came of it; `reason` unless answered. */
enum outcome fetch_userinfo(const struct provider_config *provider, const char *url,
                            const struct secret *access, const struct http_patience *patience,
                            struct json_object **ret_claims, struct reason *reason);

/* Asks `url` about the token (RFC 7662). ANSWERED with the answer's object, owned by the caller,
 * when the token is active; DENIED when it is not; NOT_SERVED when this client may not ask; else
 * what came of it. */
enum outcome fetch_introspection(const struct provider_config *provider, const char *url,
                                 const struct secret *access, const struct http_patience *patience,
                                 struct json_object **ret_claims, struct reason *reason);

#endif
