/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict_cache.c - the verdicts of earlier logins, which this login may use.
 */
#include "verdict_cache.h"

#include <string.h>

#include "clock.h"
#include "seal.h"
#include "text.h"

enum { BACK_OFF_FIRST = 60, BACK_OFF_MAX = 300 }; /* seconds */

static struct record_time now(void) {
    struct record_time time = {.ms = clock_boot_ms()};

    clock_boot_id(time.boot);
    return time;
}

/* Milliseconds since `then`; negative if `then` was in another boot, is not set, or lies in the
 * future. */
static int64_t since(const struct record_time *then) {
    struct record_time time = now();

    if (then->boot[0] == '\0' || strcmp(then->boot, time.boot) != 0)
        return -1;
    return time.ms - then->ms;
}

/* Whether `then` lies in the future of this very boot: the clock went back. */
static bool went_back(const struct record_time *then) {
    struct record_time time = now();

    return strcmp(then->boot, time.boot) == 0 && time.ms < then->ms;
}

static bool is_within(const struct record_time *then, int64_t seconds) {
    int64_t elapsed = since(then);

    return elapsed >= 0 && elapsed < seconds * 1000;
}

/* Makes a digest of every setting that a verdict depends on: those of the client and of the policy.
 */
static void digest_settings(const struct provider_config *provider, char ret[RECORD_DIGEST_SIZE]) {
    const char *parts[] = {
        provider->issuer,
        provider->token_endpoint,
        provider->client_id,
        provider->ca_file,
        provider->proxy,
        provider->userinfo_endpoint,
        provider->introspection_endpoint,
        provider->jwks_uri,
        provider->subject_claim,
        provider->require_groups,
        provider->groups_claim,
        provider->groups_separator,
        provider->require_claim,
        provider->require_scope,
        secret_text(&provider->client_secret),
    };
    enum { PARTS = sizeof parts / sizeof parts[0] };
    uint8_t digests[PARTS + 1][SEAL_DIGEST_SIZE] = {{0}};

    for (size_t i = 0; i < PARTS; i++)
        seal_digest(parts[i], parts[i] ? strlen(parts[i]) : 0, digests[i]);
    digests[PARTS][0] = (uint8_t)provider->client_auth;
    digests[PARTS][1] = (uint8_t)provider->require;
    seal_digest_text(digests, sizeof digests, ret);
}

/* Every reason fits: those of the record have the same size. */
static void copy_reason(char ret[REASON_SIZE], const struct reason *reason) {
    _Static_assert(sizeof reason->text == REASON_SIZE, "every reason can be copied");
    text_copy(ret, REASON_SIZE, reason->text);
}

static void note_misconfigured(struct record *record, const struct provider_config *provider,
                               const struct reason *reason) {
    char settings[RECORD_DIGEST_SIZE];

    digest_settings(provider, settings);
    bool again = strcmp(settings, record->misconfigured_settings) == 0;
    record->misconfigured_times = again ? record->misconfigured_times + 1 : 1;
    _Static_assert(sizeof settings == sizeof record->misconfigured_settings, "a digest fits");
    text_copy(record->misconfigured_settings, sizeof record->misconfigured_settings, settings);
    record->misconfigured = now();
    copy_reason(record->misconfigured_reason, reason);
}

bool verdict_cache_has_yes(const struct record *record) {
    return verdict_is_yes((enum verdict)record->last_verdict);
}

void verdict_cache_store_yes(struct record *record, const struct provider_config *provider) {
    static const struct reason none = {""};

    verdict_cache_store(record, provider, VERDICT_GRANTED, &none);
    record->last_granted = clock_wall();
}

void verdict_cache_store(struct record *record, const struct provider_config *provider,
                         enum verdict verdict, const struct reason *reason) {
    if (verdict == VERDICT_UNREACHABLE) {
        record->unreachable = now();
        copy_reason(record->unreachable_reason, reason);
        return;
    }

    record->unreachable = (struct record_time){0};
    if (verdict == VERDICT_MISCONFIGURED) {
        note_misconfigured(record, provider, reason);
        return;
    }

    record->misconfigured = (struct record_time){0};
    record->misconfigured_settings[0] = '\0';
    record->last_verdict = verdict;
    record->judged = now();
    digest_settings(provider, record->judged_settings);
    copy_reason(record->last_reason, reason);
}

static int64_t back_off(int64_t times) {
    int64_t seconds = BACK_OFF_FIRST;

    for (int64_t i = 1; i < times && seconds < BACK_OFF_MAX; i++)
        seconds *= 2;
    return seconds < BACK_OFF_MAX ? seconds : BACK_OFF_MAX;
}

/* Whether the settings are still those of `digest`. A corrected setting or a new demand of the
 * policy MUST take effect at once. */
static bool has_same_settings(const struct provider_config *provider, const char *digest) {
    char settings[RECORD_DIGEST_SIZE];

    digest_settings(provider, settings);
    return strcmp(settings, digest) == 0;
}

enum verdict verdict_cache_lookup(const struct record *record, const struct config *config,
                                  struct reason *reason) {
    const struct login_config *login = &config->login;

    if (is_within(&record->unreachable, login->offline_timeout)) {
        reason_set(reason, 0, "%s (tried %lld s ago)", record->unreachable_reason,
                   (long long)since(&record->unreachable) / 1000);
        return VERDICT_UNREACHABLE;
    }

    if (is_within(&record->misconfigured, back_off(record->misconfigured_times)) &&
        has_same_settings(&config->provider, record->misconfigured_settings)) {
        reason_set(reason, 0,
                   "%s (not asked again for %lld s, unless the client's settings change)",
                   record->misconfigured_reason, (long long)back_off(record->misconfigured_times));
        return VERDICT_MISCONFIGURED;
    }

    if (!is_within(&record->judged, login->reuse_within) ||
        !has_same_settings(&config->provider, record->judged_settings))
        return VERDICT_NONE;
    if (verdict_cache_has_yes(record) && record->grant.expires <= clock_wall())
        return VERDICT_NONE;
    if (!verdict_cache_has_yes(record) && record->last_verdict != VERDICT_DENIED &&
        record->last_verdict != VERDICT_REAUTHORIZE)
        return VERDICT_NONE;

    long long age = (long long)since(&record->judged) / 1000;
    if (verdict_cache_has_yes(record))
        reason_set(reason, 0, "the provider answered %lld s ago", age);
    else
        reason_set(reason, 0, "%s (answered %lld s ago)", record->last_reason, age);
    return (enum verdict)record->last_verdict;
}

bool verdict_cache_clear_refusal(struct record *record) {
    bool refused = record->misconfigured.boot[0] != '\0';

    record->misconfigured = (struct record_time){0};
    record->misconfigured_settings[0] = '\0';
    return refused;
}

bool verdict_cache_grace(const struct record *record, const struct config *config,
                         int64_t *ret_until) {
    const struct login_config *login = &config->login;
    int64_t wall = clock_wall();
    int64_t elapsed = since(&record->judged);

    if (!verdict_cache_has_yes(record) || login->offline_grace == 0 ||
        wall < record->last_granted || wall - record->last_granted >= login->offline_grace)
        return false;
    if (elapsed / 1000 >= login->offline_grace || went_back(&record->judged) ||
        !has_same_settings(&config->provider, record->judged_settings))
        return false;
    *ret_until = record->last_granted + login->offline_grace;
    return true;
}
