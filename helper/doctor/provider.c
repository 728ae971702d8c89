/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * provider.c - checks whether the provider can be reached, is the right one, and has what the
 * configuration needs.
 */
#include <stdbool.h>
#include <stdlib.h>

#include "parts.h"
#include "provider.h"
#include "verdict.h"

enum { CLOCK_WARNING = 60, CLOCK_WRONG = 600 }; /* seconds */

#define ENDPOINTS (PROVIDER_KEYS + 1)

static const char why_unreachable[] =
    "no grant can be renewed, so managed logins are refused, or pass only within offline_grace";

/* The verdict of a failure, which says who has to act, and its fix. An outcome without a row is
 * explained by verdict_of(). */
static const struct {
    enum outcome outcome;
    enum verdict verdict;
    const char *fix;
} failures[] = {
    {OUTCOME_SETTING_UNUSABLE, VERDICT_MISCONFIGURED,
     "ca_file must be a file of PEM certificates that the user oauth-login can read"},
    {OUTCOME_TLS_UNKNOWN_ISSUER, VERDICT_MISCONFIGURED,
     "set ca_file to the authority that issued the provider's certificate; if that is a public "
     "one, remove ca_file and install ca-certificates"},
    {OUTCOME_TLS_SELF_SIGNED, VERDICT_MISCONFIGURED,
     "set ca_file to the authority that issued the provider's certificate, or to the certificate "
     "itself if it is self-signed"},
    {OUTCOME_TLS_EXPIRED, VERDICT_UNREACHABLE,
     "check this machine's clock (date); if it is right, the provider must renew its certificate"},
    {OUTCOME_TLS_NOT_YET_VALID, VERDICT_UNREACHABLE,
     "check this machine's clock (date): it may be slow"},
    {OUTCOME_TLS_OTHER_HOST, VERDICT_MISCONFIGURED,
     "the certificate is for another host: check that the configuration has the provider's own "
     "host name, and that it resolves to the provider"},
    {OUTCOME_TLS_FAILED, VERDICT_UNREACHABLE,
     "check that it is an HTTPS server with TLS 1.2 or later, and that nothing in between "
     "intercepts the connection"},
    {OUTCOME_NOT_RESOLVED, VERDICT_UNREACHABLE,
     "check the address in the configuration, and this machine's resolver: getent hosts"},
    {OUTCOME_TIMED_OUT, VERDICT_UNREACHABLE,
     "check the firewall, the route to the provider, and proxy in the configuration"},
};

static void explain_failure(struct doctor *doctor, enum outcome outcome,
                            const struct reason *reason) {
    enum verdict verdict = verdict_of(outcome);
    const char *fix = verdict == VERDICT_MISCONFIGURED
                          ? "change the setting that the message names to the provider's value"
                          : "check that the provider is up, and the address in the configuration";

    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (outcome != failures[i].outcome)
            continue;
        verdict = failures[i].verdict;
        fix = failures[i].fix;
        break;
    }
    doctor_find(doctor, LEVEL_ERROR, verdict, why_unreachable, fix, "provider: %s", reason->text);
}

/* The endpoint that each setting of `require` needs. */
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
                        "the proof that [provider] require demands cannot be obtained, so every "
                        "managed login is refused",
                        "set the endpoint, or choose another proof in require",
                        "provider: %s has no %s", provider->name, needs[i].name);
}

/* Finds every endpoint; discovery is used once, unless all endpoints are configured. */
static bool find_endpoints(struct doctor *doctor, const char *urls[ENDPOINTS]) {
    const struct provider_config *provider = &doctor->exchange->config.provider;
    struct http_patience patience = doctor_patience();
    struct reason reason = {""};

    for (size_t i = 0; i < ENDPOINTS; i++) {
        enum outcome outcome = provider_find(provider, (enum provider_endpoint)i, &doctor->record,
                                             &patience, &urls[i], &reason);
        if (outcome == OUTCOME_ANSWERED)
            continue;
        explain_failure(doctor, outcome, &reason);
        return false;
    }

    if (doctor->record.discovered != 0)
        doctor_good(doctor, "provider: discovery at %s works, and the issuer matches",
                    provider->issuer);
    else
        doctor_good(doctor, "provider: its endpoints are configured; discovery is not used");
    return true;
}

static void look_at_clock(struct doctor *doctor) {
    long long off = llabs((long long)doctor->clock_ahead);
    bool wrong = off > CLOCK_WRONG;

    if (!doctor->clock_known) {
        doctor_good(doctor, "clock: not compared, because the provider did not send its time");
        return;
    }
    if (off <= CLOCK_WARNING) {
        doctor_good(doctor, "clock: agrees with the provider's");
        return;
    }
    doctor_find(doctor, wrong ? LEVEL_ERROR : LEVEL_WARNING, VERDICT_MISCONFIGURED,
                "certificates and ID tokens seem expired or not yet valid, and access tokens end "
                "earlier or later than expected",
                "synchronize it over the network: timedatectl set-ntp true, or: chronyc makestep",
                "clock: %lld %s %s the provider's", wrong ? (off + 30) / 60 : off,
                wrong ? "min" : "s", doctor->clock_ahead > 0 ? "ahead of" : "behind");
}

void doctor_ask_provider(struct doctor *doctor) {
    const char *urls[ENDPOINTS] = {NULL};

    if (!find_endpoints(doctor, urls))
        return;
    look_at_needs(doctor, urls);
    doctor_try_client(doctor, urls);
    look_at_clock(doctor);
}
