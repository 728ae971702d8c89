/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * provider.c - whether the provider can be reached, is who it should be, and has what the
 * configuration counts on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "parts.h"
#include "provider.h"
#include "verdict.h"

enum { CLOCK_WARNING = 60, CLOCK_WRONG = 600 }; /* seconds */

#define ENDPOINTS (PROVIDER_KEYS + 1)

static const char why_unreachable[] =
    "no grant can be renewed, so managed logins are refused, or pass only within offline_grace";

/* Whose matter a failure is, and what helps. An outcome without a row is explained by its verdict.
 */
static const struct {
    enum outcome outcome;
    enum verdict verdict;
    const char *fix;
} failures[] = {
    {OUTCOME_TRUST_UNUSABLE, VERDICT_MISCONFIGURED,
     "ca_file must be a file of PEM certificates that the user oauth-login can read"},
    {OUTCOME_TLS_UNKNOWN_ISSUER, VERDICT_MISCONFIGURED,
     "set ca_file to the authority that issued the provider's certificate; if it is a public one, "
     "leave it out and install ca-certificates"},
    {OUTCOME_TLS_SELF_SIGNED, VERDICT_MISCONFIGURED,
     "set ca_file to the authority that issued the provider's certificate, or to that certificate "
     "if it stands for itself"},
    {OUTCOME_TLS_EXPIRED, VERDICT_UNREACHABLE,
     "if this machine's clock is right (date), the provider has to renew its certificate"},
    {OUTCOME_TLS_NOT_YET_VALID, VERDICT_UNREACHABLE,
     "look at this machine's clock first (date); it may be behind"},
    {OUTCOME_TLS_OTHER_HOST, VERDICT_MISCONFIGURED,
     "the certificate is for another host: is the address in the configuration the one that the "
     "provider goes by, and does it resolve to the provider?"},
    {OUTCOME_TLS_FAILED, VERDICT_UNREACHABLE,
     "is it an HTTPS server of TLS 1.2 or later, and nothing in between that intercepts?"},
    {OUTCOME_NOT_RESOLVED, VERDICT_UNREACHABLE,
     "look at the address in the configuration, and at this machine's resolver: getent hosts"},
    {OUTCOME_TIMED_OUT, VERDICT_UNREACHABLE,
     "look at firewall and route to the provider, and at proxy in the configuration"},
};

static void explain_failure(struct doctor *doctor, enum outcome outcome,
                            const struct reason *reason) {
    enum verdict verdict = verdict_of(outcome);
    const char *fix = verdict == VERDICT_MISCONFIGURED
                          ? "set what is named to what the provider says"
                          : "is the provider up, and is the address in the configuration right?";
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (outcome != failures[i].outcome)
            continue;
        verdict = failures[i].verdict;
        fix = failures[i].fix;
        break;
    }
    doctor_find(doctor, LEVEL_ERROR, verdict, why_unreachable, fix, "provider: %s", reason->text);
}

/* The endpoint that a setting of `require` can't do without. */
static const struct {
    enum require require;
    enum provider_endpoint endpoint;
    const char *name;
} needs[] = {
    {REQUIRE_ID_TOKEN, PROVIDER_KEYS, "jwks_uri"},
    {REQUIRE_USERINFO, PROVIDER_USERINFO, "userinfo_endpoint"},
    {REQUIRE_INTROSPECTION, PROVIDER_INTROSPECTION, "introspection_endpoint"},
};

static void look_at_needs(struct doctor *doctor, const char *const *urls) {
    const struct provider_config *provider = &doctor->exchange->config.provider;
    for (size_t i = 0; i < sizeof needs / sizeof needs[0]; i++)
        if (provider->require == needs[i].require && urls[needs[i].endpoint][0] == '\0')
            doctor_find(doctor, LEVEL_ERROR, VERDICT_MISCONFIGURED,
                        "the proof that [provider] require asks for can't be had, so every "
                        "managed login is refused",
                        "set the endpoint, or another proof in require", "provider: %s has no %s",
                        provider->name, needs[i].name);
}

/* Finds every endpoint, which makes one discovery unless all of them are configured. */
static bool find_endpoints(struct doctor *doctor, const char *urls[ENDPOINTS]) {
    const struct provider_config *provider = &doctor->exchange->config.provider;
    struct http_patience patience = doctor_patience();
    struct reason reason = {""};
    for (size_t i = 0; i < ENDPOINTS; i++) {
        enum outcome outcome = provider_find(provider, (enum provider_endpoint) i, &doctor->record,
                                             &patience, &urls[i], &reason);
        if (outcome == OUTCOME_ANSWERED)
            continue;
        explain_failure(doctor, outcome, &reason);
        return false;
    }
    if (doctor->record.discovered != 0)
        doctor_good(doctor, "provider: discovery at %s works, and the issuer is the same",
                    provider->issuer);
    else
        doctor_good(doctor, "provider: its endpoints are configured; nothing is discovered");
    return true;
}

static void look_at_clock(struct doctor *doctor) {
    long long off = llabs((long long) doctor->clock_ahead);
    if (!doctor->clock_known) {
        doctor_good(doctor, "clock: not compared, since the provider did not tell its time");
        return;
    }
    if (off <= CLOCK_WARNING) {
        doctor_good(doctor, "clock: as the provider's");
        return;
    }
    doctor_find(doctor, off > CLOCK_WRONG ? LEVEL_ERROR : LEVEL_WARNING, VERDICT_MISCONFIGURED,
                "certificates and ID tokens seem expired or not valid yet, and access tokens end "
                "at another time than they seem to",
                "set it by the network: timedatectl set-ntp true, or: chronyc makestep",
                "clock: %lld %s %s the provider's", off > CLOCK_WRONG ? (off + 30) / 60 : off,
                off > CLOCK_WRONG ? "min" : "s", doctor->clock_ahead > 0 ? "ahead of" : "behind");
}

void doctor_ask_provider(struct doctor *doctor) {
    const char *urls[ENDPOINTS] = {NULL};
    if (!find_endpoints(doctor, urls))
        return;
    look_at_needs(doctor, urls);
    doctor_try_client(doctor, urls);
    look_at_clock(doctor);
}
