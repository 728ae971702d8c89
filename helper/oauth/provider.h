/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * provider.h - where a provider's endpoints are: configured, or discovered (OpenID Connect
 * Discovery section 4) and kept in the account's record for a day.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_PROVIDER_H
#define OAUTH_LOGIN_HELPER_OAUTH_PROVIDER_H

#include "config.h"
#include "http.h"
#include "json.h"
#include "protocol.h"
#include "record.h"
#include "token_request.h"

enum { PROVIDER_DISCOVERY_LIFE = 86400 }; /* seconds */

enum provider_endpoint {
    PROVIDER_TOKEN,
    PROVIDER_USERINFO,
    PROVIDER_INTROSPECTION,
    PROVIDER_DEVICE, /* device authorization */
    PROVIDER_AUTHORIZATION,
    PROVIDER_REVOCATION,
    PROVIDER_KEYS, /* jwks_uri */
};

/* Who the provider is to a record: the issuer, or the token endpoint where none is configured. */
const char *provider_issuer(const struct provider_config *provider);

/* Finds the address of `endpoint`: GRANTED with `*ret_url`, which lives as long as `config` and
 * `record` and is "" for a provider that has no such endpoint (never for PROVIDER_TOKEN). Else
 * UNREACHABLE, MISCONFIGURED or FAULT with the reason. May fetch the discovery document into
 * `record`, which the caller stores with whatever it stores next. */
enum verdict provider_find(const struct provider_config *provider, enum provider_endpoint endpoint,
                           struct record *record, const struct http_patience *patience,
                           const char **ret_url, struct reason *reason);

/* Takes the endpoints of a discovery document (OpenID Connect Discovery section 4.3) into `record`.
 * GRANTED; else MISCONFIGURED with the reason, and `record` is not known to be of `issuer`. */
enum verdict provider_take_document(const char *issuer, struct json_object *document,
                                    struct record *record, struct reason *reason);

/* Fetches the claims of the token's owner (OpenID Connect Core section 5.3) from `url`. GRANTED
 * with the object, owned by the caller; NOT_PERMITTED when the endpoint does not serve this token
 * (401, 403, 404, 405); UNREACHABLE, MISCONFIGURED or FAULT; `reason` unless granted. */
enum verdict provider_fetch_userinfo(const struct provider_config *provider, const char *url,
                                     const struct secret *access,
                                     const struct http_patience *patience,
                                     struct json_object **ret_claims, struct reason *reason);

/* Asks `url` about the token (RFC 7662). GRANTED with the answer's object, owned by the caller,
 * when the token is active; DENIED when it is not; NOT_PERMITTED when this client may not ask;
 * UNREACHABLE, MISCONFIGURED or FAULT. */
enum verdict provider_introspect(const struct provider_config *provider, const char *url,
                                 const struct secret *access, const struct http_patience *patience,
                                 struct json_object **ret_claims, struct reason *reason);

/* Whether `record` has keys that still count: of the jwks_uri of today, fetched within a day. */
bool provider_has_keys(const struct provider_config *provider, const struct record *record);

/* The provider's JSON Web Key Set (RFC 7517): what `record` has, or with `anew`, or without it,
 * what jwks_uri has now, which is put there. GRANTED with the object, owned by the caller;
 * MISCONFIGURED without a jwks_uri; UNREACHABLE or FAULT. */
enum verdict provider_keys(const struct provider_config *provider, struct record *record, bool anew,
                           const struct http_patience *patience, struct json_object **ret_keys,
                           struct reason *reason);

/* The HTTP settings of a provider. */
struct http_settings provider_http(const struct provider_config *provider);

/* Performs a request that ends with the deadline, since nothing is lost by giving it up. GRANTED
 * with a complete answer, whatever its status; else UNREACHABLE, MISCONFIGURED or FAULT. */
enum verdict provider_fetch(const struct provider_config *provider,
                            const struct http_request *request,
                            const struct http_patience *patience, struct http_response *ret,
                            struct reason *reason);

/* What oauth.h has built, as a request to `url`; lives as long as `built`. */
struct http_request provider_request(const char *url, const struct oauth_request *built);

/* The verdict of a request that brought no complete answer, with the reason for the log. */
enum verdict provider_judge_failure(const char *url, const struct http_response *response,
                                    struct reason *reason);

#endif
