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

enum { CLOCK_WARNING = 60, CLOCK_WRONG = 600 }; /* seconds */

#define ENDPOINTS (PROVIDER_KEYS + 1)

static const char why_unreachable[] =
    "no grant can be renewed, so managed logins are refused, or pass only within offline_grace";

/* What libcurl and OpenSSL say, whose matter it is, and what helps. The first that is found. */
static const struct {
    const char *says;
    enum verdict verdict;
    const char *fix;
} failures[] = {
    {"ca_file, proxy or address", VERDICT_MISCONFIGURED,
     "ca_file must be a file of PEM certificates that the user oauth-login can read"},
    {"unable to get local issuer", VERDICT_MISCONFIGURED,
     "set ca_file to the authority that issued the provider's certificate; if it is a public one, "
     "leave it out and install ca-certificates"},
    {"self-signed certificate", VERDICT_MISCONFIGURED,
     "set ca_file to the authority that issued the provider's certificate, or to that certificate "
     "if it stands for itself"},
    {"certificate has expired", VERDICT_UNREACHABLE,
     "if this machine's clock is right (date), the provider has to renew its certificate"},
    {"not yet valid", VERDICT_UNREACHABLE,
     "look at this machine's clock first (date); it may be behind"},
    {"no alternative certificate", VERDICT_MISCONFIGURED,
     "the certificate is for another host: is the address in the configuration the one that the "
     "provider goes by, and does it resolve to the provider?"},
    {"TLS failed", VERDICT_UNREACHABLE,
     "is it an HTTPS server of TLS 1.2 or later, and nothing in between that intercepts?"},
    {"Could not resolve", VERDICT_UNREACHABLE,
     "look at the address in the configuration, and at this machine's resolver: getent hosts"},
    {"no answer in time", VERDICT_UNREACHABLE,
     "look at firewall and route to the provider, and at proxy in the configuration"},
};

static void explain_failure(struct doctor *doctor, enum verdict verdict,
                            const struct reason *reason) {
    const char *fix = "is the provider up, and is the address in the configuration right?";
    if (verdict == VERDICT_MISCONFIGURED)
        fix = "set what is named to what the provider says";
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (!strstr(reason->text, failures[i].says))
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
        enum verdict verdict = provider_find(provider, (enum provider_endpoint) i, &doctor->record,
                                             &patience, &urls[i], &reason);
        if (verdict == VERDICT_GRANTED)
            continue;
        explain_failure(doctor, verdict, &reason);
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
