/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * provider.h - a provider's endpoints and keys: configured, or discovered (OpenID Connect Discovery
 * section 4) and kept in the account's record for a day.
 */
#ifndef OAUTH_LOGIN_HELPER_OAUTH_PROVIDER_H
#define OAUTH_LOGIN_HELPER_OAUTH_PROVIDER_H

#include <stdbool.h>

#include "config.h"
#include "http.h"
#include "json.h"
#include "outcome.h"
#include "reason.h"
#include "record.h"

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

/* Returns the name by which records know the provider: its issuer, or its token endpoint where no
 * issuer is configured. At most URL_MAX bytes; lives as long as `provider`. */
const char *provider_identity(const struct provider_config *provider);

/* Copies provider_identity() into a field of a record, where every address fits. */
void provider_copy_identity(const struct provider_config *provider, char ret[RECORD_URL_SIZE]);

/* Finds the address of `endpoint`. ANSWERED with `*ret_url`, at most URL_MAX bytes, which lives as
 * long as `provider` and `record` and is "" for a provider that has no such endpoint (never for
 * PROVIDER_TOKEN). Else the outcome of discovery, with the reason. May fetch the discovery document
 * into `record`, which the caller stores with whatever it stores next. */
enum outcome provider_find(const struct provider_config *provider, enum provider_endpoint endpoint,
                           struct record *record, const struct http_patience *patience,
                           const char **ret_url, struct reason *reason);

/* Copies the endpoints of a discovery document (OpenID Connect Discovery section 4.3) into
 * `record`. `issuer`, from the configuration, is at most URL_MAX bytes. ANSWERED; else
 * WRONG_SETTING with the reason, and then `record` does not count as discovered from `issuer`. */
enum outcome provider_read_document(const char *issuer, struct json_object *document,
                                    struct record *record, struct reason *reason);

#endif
