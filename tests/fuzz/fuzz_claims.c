/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_claims.c - claims of a provider: identity and policy compare whole values only. The input is
 * one line for each of username_claim, username_suffix, subject_claim, groups_claim,
 * groups_separator, require_groups and require_claim, then the claims as JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "policy.h"

enum { DEMANDS = 7, TEXT_MAX = 65536 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Checks that a match has the account's name in its claim, followed only by a configured suffix. */
static void check_match(const struct config *config, const char *account,
                        struct json_object *claims) {
    const struct provider_config *provider = &config->provider;
    const char *name = json_text_at(claims, provider->username_claim);
    size_t length = strlen(account);
    if (!name || strncmp(name, account, length) != 0)
        abort();
    if (provider->username_suffix[0] == '\0' ? name[length] != '\0'
                                             : !strstr(provider->username_suffix, name + length))
        abort();
}

static void check_verdict(enum verdict verdict, const struct reason *reason) {
    if ((verdict != VERDICT_NONE && verdict != VERDICT_DENIED &&
         verdict != VERDICT_MISCONFIGURED) ||
        (verdict != VERDICT_NONE && reason->text[0] == '\0'))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    SCOPED_SECRET struct secret text = {0};
    SCOPED_SECRET struct secret json = {0};
    char *demands[DEMANDS];
    if (secret_set(&text, data, size, TEXT_MAX) < 0 || text.length == 0)
        return 0;
    char *rest = (char *)text.data;
    for (int i = 0; i < DEMANDS; i++)
        if (!rest || !(demands[i] = strsep(&rest, "\n")))
            return 0;
    if (!rest || secret_set(&json, rest, strlen(rest), TEXT_MAX) < 0)
        return 0;
    SCOPED_JSON struct json_object *claims = json_parse_strict(&json);
    if (!claims)
        return 0;
    struct config config = {.provider = {.name = "corp",
                                         .issuer = "https://idp",
                                         .username_claim = demands[0],
                                         .username_suffix = demands[1],
                                         .subject_claim = demands[2],
                                         .groups_claim = demands[3],
                                         .groups_separator = demands[4],
                                         .require_groups = demands[5],
                                         .require_claim = demands[6],
                                         .require_scope = demands[6]}};
    const struct account account = {.name = "alice", .uid = 1001};
    char subject[RECORD_SUBJECT_SIZE] = "";
    struct reason reason = {""};

    enum verdict verdict = identity_match(&config, &account, claims, demands[2], subject, &reason);
    check_verdict(verdict, &reason);
    if (verdict == VERDICT_NONE) {
        check_match(&config, account.name, claims);
        if (subject[0] == '\0' || strlen(subject) >= sizeof subject)
            abort();
    }
    reason = (struct reason){""};
    check_verdict(policy_check_claims(&config.provider, claims, &reason), &reason);
    reason = (struct reason){""};
    check_verdict(policy_check_scope(&config.provider, demands[5], &reason), &reason);
    return 0;
}
