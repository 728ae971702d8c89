/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_discovery.c - a discovery document: taken entirely, if it has the right issuer and only
 * https addresses, or not at all.
 */
#include "fuzz.h"
#include "provider.h"

static const char issuer[] = "https://login.example";

#define IS_ENDPOINT(url) \
    (FUZZ_PRINTABLE(url) && ((url)[0] == '\0' || strncmp(url, "https://", 8) == 0))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SCOPED_RECORD struct record record = {0};
    SCOPED_SECRET struct secret body = {0};
    struct reason reason = {""};
    if (secret_set(&body, data, size, HTTP_BODY_MAX) < 0)
        return -1;
    SCOPED_JSON struct json_object *document = json_parse_strict(&body);
    if (!document)
        return 0;
    if (provider_read_document(issuer, document, &record, &reason) != OUTCOME_ANSWERED) {
        PROMISE(reason.text[0] != '\0' && FUZZ_PRINTABLE(reason.text));
        PROMISE(record.discovered_issuer[0] == '\0');
        return 0;
    }
    PROMISE(strcmp(record.discovered_issuer, issuer) == 0 && record.token_endpoint[0] != '\0');
    PROMISE(IS_ENDPOINT(record.token_endpoint) && IS_ENDPOINT(record.userinfo_endpoint));
    PROMISE(IS_ENDPOINT(record.introspection_endpoint) && IS_ENDPOINT(record.jwks_uri));
    PROMISE(IS_ENDPOINT(record.revocation_endpoint));
    PROMISE(IS_ENDPOINT(record.device_authorization_endpoint));
    return 0;
}
