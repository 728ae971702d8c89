/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor.c - oauth-login doctor: checks the configuration, then runs the other parts in order.
 */
#include "doctor.h"

#include <grp.h>

#include "load.h"
#include "parts.h"
#include "sandbox.h"
#include "text.h"

enum {
    DOCTOR_WAIT_MS = 60000,   /* for all parts together, as the NOTICE tells the caller */
    DOCTOR_LOGIN_MARGIN = 10, /* seconds that sshd needs before and after the decision */
};

/* Checks that managed_group exists. Apart from doctor only logins look it up: the name service may
 * not be ready when the helper starts. */
static void look_at_group(struct doctor *doctor, const struct login_config *login) {
    if (login->managed_group[0] != '\0' && !getgrnam(login->managed_group))
        doctor_find(doctor, LEVEL_ERROR, VERDICT_MISCONFIGURED,
                    "the helper cannot tell whose logins are managed, so it refuses all",
                    "create the group, fix the name service, or change the setting",
                    "[login] managed_group = %s: there is no such group", login->managed_group);
}

static void look_at_config(struct doctor *doctor) {
    struct exchange *exchange = doctor->exchange;
    struct reason reason = {""};

    doctor->configured = config_load(exchange->config_path, &exchange->config, &reason) >= 0;
    if (!doctor->configured) {
        doctor_find(doctor, LEVEL_ERROR, VERDICT_MISCONFIGURED,
                    exchange->config.login_known
                        ? "every login is refused, except for accounts that [login] leaves alone"
                        : "every login but root's is refused",
                    "fix what the message names; see oauth-login.conf(5)", "configuration: %s",
                    reason.text);
        return;
    }

    /* Fits: config_load() accepts names of 64 bytes at most. */
    text_copy(exchange->reply.provider, sizeof exchange->reply.provider,
              exchange->config.provider.name);
    doctor_good(doctor, "configuration: %s and %zu drop-ins; provider %s serves logins",
                exchange->config_path, exchange->config.settings.file_count - 1,
                exchange->config.provider.name);
    look_at_group(doctor, &exchange->config.login);
}

/* Compares sshd's limit, which the caller has read, with the longest time that a login may take by
 * the configuration. */
static void look_at_grace(struct doctor *doctor) {
    const struct secret *input = &doctor->exchange->request.input;

    if (input->length == 0)
        return;
    struct protocol_reader sshd = {.at = input->data, .end = input->data + input->length};
    uint32_t grace = protocol_get_u32(&sshd);
    uint32_t deadline = protocol_get_u32(&sshd);
    bool enroll = protocol_get_u8(&sshd) != 0;
    if (!protocol_reader_done(&sshd) || grace == 0)
        return;

    uint32_t enroll_deadline = doctor->exchange->config.login.enroll_deadline;
    if (enroll && grace <= (uint64_t)enroll_deadline + DOCTOR_LOGIN_MARGIN)
        doctor_find(doctor, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                    "sshd ends a login while the user is still approving it elsewhere",
                    "raise LoginGraceTime in sshd_config, or lower enroll_deadline",
                    "sshd: LoginGraceTime is %u s, but an enrollment in a login may take %u s "
                    "(enroll_deadline)",
                    grace, enroll_deadline);

    if (deadline == PROTOCOL_UNSET)
        deadline = doctor->exchange->config.login.deadline;
    if (grace <= (uint64_t)deadline + DOCTOR_LOGIN_MARGIN)
        doctor_find(doctor, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                    "sshd ends a login that is still waiting for the provider, and does not tell "
                    "the user why",
                    "raise LoginGraceTime in sshd_config, or lower deadline",
                    "sshd: LoginGraceTime is %u s, but a login may wait %u s for the provider "
                    "(deadline)",
                    grace, deadline);
}

/* Enters the sandbox, and reports which parts of it this kernel supports. Returns false on
 * failure. */
static bool confine(struct doctor *doctor) {
    struct reason reason = {""};

    if (sandbox_enter(doctor->exchange->config.provider.ca_file, &reason) < 0) {
        doctor_find(doctor, LEVEL_ERROR, VERDICT_FAULT,
                    "the helper uses the network only inside its sandbox, so every managed login "
                    "fails",
                    "find out what prevents it: a container's own filter, or too little memory",
                    "the helper's sandbox: %s", reason.text);
        return false;
    }

    if (sandbox_describe(&reason))
        doctor_good(doctor, "the helper's sandbox: %s", reason.text);
    else
        doctor_find(doctor, LEVEL_WARNING, VERDICT_NONE,
                    "an attacker who takes over the helper could do more than necessary",
                    "use a newer kernel: Linux 5.13 has Landlock, 6.12 has all parts",
                    "the helper's sandbox is incomplete here: %s", reason.text);
    return true;
}

void doctor_run(struct exchange *exchange) {
    struct doctor doctor = {.exchange = exchange, .gravest = VERDICT_NONE};
    static const struct reason none = {""};
    const struct notice notice = {.milliseconds = DOCTOR_WAIT_MS, .provider = "the provider"};

    if (!peer_send_notice(&exchange->peer, &notice))
        return;

    doctor_look_at_rights(&doctor);
    look_at_config(&doctor);
    doctor_look_at_store(&doctor);
    if (doctor.configured) {
        look_at_grace(&doctor);
        if (confine(&doctor)) /* from here on no file of the store can be opened */
            doctor_ask_provider(&doctor);
    }

    record_clear(&doctor.record);
    for (size_t i = 0; i < doctor.waiting_count; i++)
        store_entry_close(&doctor.waiting[i].entry);
    if (exchange_conclude_unless_none(exchange, doctor.gravest, &none) == VERDICT_NONE)
        exchange_conclude_yes(exchange, &none);
}
