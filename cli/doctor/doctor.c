/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * doctor.c - oauth-login doctor: finds what is wrong, why it matters, and the fix.
 */
#include "doctor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "exit_status.h"
#include "parts.h"

static void take_finding(const struct ask_finding *finding, void *context) {
    findings_add(context, finding, VERDICT_UNREACHABLE); /* at least: the reply has the verdict */
}

/* Encodes the facts about sshd that the helper needs: see REQUEST in protocol.h. Returns their
 * size. */
static size_t encode_sshd(const struct doctor_sshd *sshd, uint32_t login_grace, uint8_t *ret,
                          size_t size) {
    struct protocol_writer writer = {.at = ret, .end = ret + size};

    if (!sshd->used)
        return 0;
    protocol_put_u32(&writer, login_grace);
    protocol_put_u32(&writer, sshd->deadline);
    protocol_put_u8(&writer, sshd->enroll);
    return writer.overflow ? 0 : (size_t)(writer.at - ret);
}

static void ask(struct findings *findings, const struct arguments *arguments,
                const struct doctor_sshd *sshd, uint32_t login_grace) {
    struct ask_reply reply;
    uint8_t input[16];
    struct ask_request request = command_request(arguments, OPERATION_DOCTOR, "");

    request.on_finding = take_finding;
    request.context = findings;
    request.input = input;
    request.input_size = encode_sshd(sshd, login_grace, input, sizeof input);
    ask_helper(&request, &reply);

    /* A helper that has finished its checks gives no reason. */
    bool expected = verdict_is_yes(reply.verdict) || reply.verdict == VERDICT_UNREACHABLE ||
                    reply.verdict == VERDICT_MISCONFIGURED || reply.verdict == VERDICT_FAULT;
    if (reply.reason[0] == '\0' && expected)
        findings_raise(findings, reply.verdict);
    else
        findings_problem(findings, LEVEL_ERROR, VERDICT_FAULT,
                         "logins need the helper, and are refused when it fails",
                         "fix the reason that it gives, then run doctor again", "helper: %s",
                         reply.reason[0] != '\0' ? reply.reason : verdict_name(reply.verdict));
    ask_clear(&reply);
}

enum exit_status command_doctor(const struct arguments *arguments) {
    struct findings findings = {.gravest = VERDICT_NONE,
                                .list = arguments->json ? json_object_new_array() : NULL};
    struct doctor_sshd sshd;
    bool root = geteuid() == 0;

    doctor_look_at_files(&findings, arguments->config ? arguments->config : OAUTH_LOGIN_CONFIG);
    doctor_look_at_pam(&findings, &sshd);
    uint32_t login_grace = root ? doctor_look_at_sshd(&findings, &sshd) : 0;
    doctor_look_at_keys(&findings);
    if (root)
        doctor_look_at_sessions(&findings);
    if (root)
        ask(&findings, arguments, &sshd, login_grace);

    findings_end(&findings,
                 root ? ""
                      : "Run as root, doctor also checks the configuration, the provider, the "
                        "client, the clock, the store and sshd.");
    return findings.gravest == VERDICT_NONE ? EXIT_YES : exit_status_of(findings.gravest);
}
