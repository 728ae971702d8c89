/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor.c - oauth-login doctor: the configuration, and in which order the rest is looked at.
 */
#include "doctor.h"

#include <grp.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "load.h"
#include "parts.h"
#include "sandbox.h"

enum {
    DOCTOR_WAIT_MS = 60000,   /* for all of them: what the asker is told */
    DOCTOR_LOGIN_MARGIN = 10, /* seconds that sshd needs around the decision */
};

/* The group is looked up at each login only: a name service may not be there yet at the start. */
static void look_at_group(struct doctor *doctor, const struct login_config *login) {
    if (login->managed_group[0] != '\0' && !getgrnam(login->managed_group))
        doctor_find(doctor, LEVEL_ERROR, VERDICT_MISCONFIGURED,
                    "nobody can tell whose logins are managed, so all are refused",
                    "make the group, or fix the name service or the setting",
                    "[login] managed_group = %s: there is no such group", login->managed_group);
}

static void look_at_config(struct doctor *doctor) {
    struct exchange *exchange = doctor->exchange;
    struct reason reason = {""};
    doctor->configured = config_load(exchange->config_path, &exchange->config, &reason) >= 0;
    if (!doctor->configured) {
        doctor_find(doctor, LEVEL_ERROR, VERDICT_MISCONFIGURED,
                    exchange->config.login_known
                        ? "every login is refused, but for accounts that [login] leaves alone"
                        : "every login but root's is refused",
                    "fix what is named; see oauth-login.conf(5)", "configuration: %s", reason.text);
        return;
    }
    snprintf(exchange->reply.provider, sizeof exchange->reply.provider, "%s",
             exchange->config.provider.name);
    doctor_good(doctor, "configuration: %s and %zu drop-ins; provider %s serves logins",
                exchange->config_path, exchange->config.settings.file_count - 1,
                exchange->config.provider.name);
    look_at_group(doctor, &exchange->config.login);
}

/* The asker has told how long sshd waits; what it has to wait for is in the configuration. */
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
    if (enroll && grace <= (uint64_t) enroll_deadline + DOCTOR_LOGIN_MARGIN)
        doctor_find(doctor, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                    "sshd ends the login of somebody who is still approving it elsewhere",
                    "raise LoginGraceTime in sshd_config, or lower enroll_deadline",
                    "sshd: LoginGraceTime is %u s, but an enrollment in a login may take %u s "
                    "(enroll_deadline)",
                    grace, enroll_deadline);
    if (deadline == PROTOCOL_UNSET)
        deadline = doctor->exchange->config.login.deadline;
    if (grace <= (uint64_t) deadline + DOCTOR_LOGIN_MARGIN)
        doctor_find(doctor, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                    "sshd ends a login that still waits for the provider, without a word to "
                    "the person",
                    "raise LoginGraceTime in sshd_config, or lower deadline",
                    "sshd: LoginGraceTime is %u s, but a login may wait %u s for the provider "
                    "(deadline)",
                    grace, deadline);
}

/* Enters the sandbox, and says what of it this kernel has. False when it could not be entered. */
static bool confine(struct doctor *doctor) {
    struct reason reason = {""};
    if (sandbox_enter(doctor->exchange->config.provider.ca_file, &reason) < 0) {
        doctor_find(doctor, LEVEL_ERROR, VERDICT_FAULT,
                    "the helper does not speak to the network unconfined, so no login can",
                    "look at what denies it: a container's own filter, or memory",
                    "the sandbox: %s", reason.text);
        return false;
    }
    if (sandbox_describe(&reason))
        doctor_good(doctor, "the helper's sandbox: %s", reason.text);
    else
        doctor_find(doctor, LEVEL_WARNING, VERDICT_NONE,
                    "a helper that was taken over could do more than it must",
                    "use a newer kernel: Linux 5.13 has Landlock, 6.12 all of it",
                    "the helper's sandbox is not whole here: %s", reason.text);
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
        if (confine(&doctor)) /* from here on no file is opened */
            doctor_ask_provider(&doctor);
    }
    record_clear(&doctor.record);
    for (size_t i = 0; i < doctor.waiting_count; i++)
        store_entry_close(&doctor.waiting[i].entry);
    if (exchange_object(exchange, doctor.gravest, &none) == VERDICT_NONE)
        exchange_conclude_yes(exchange, &none);
}
