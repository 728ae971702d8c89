/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sshd.c - checks whether sshd's configuration bypasses the module, or keeps its prompts from the
 * user.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "parts.h"
#include "sshd_config.h"

static void judge_config(struct findings *findings, const struct doctor_sshd *sshd,
                         const struct sshd_config *config) {
    if (!config->use_pam)
        findings_problem(
            findings, LEVEL_ERROR, VERDICT_MISCONFIGURED,
            "sshd does not ask PAM about any login: users of closed accounts get in with their "
            "keys",
            "write \"UsePAM yes\" in /etc/ssh/sshd_config, then run: systemctl reload ssh",
            "sshd: UsePAM is no, but pam.d/sshd has the module");
    else
        findings_good(findings, "sshd: UsePAM yes");
    if (sshd->enroll && !config->keyboard_interactive)
        findings_problem(findings, LEVEL_ERROR, VERDICT_MISCONFIGURED,
                         "sshd can show the code of an enrollment, and wait for the user, only by "
                         "keyboard-interactive",
                         "write \"KbdInteractiveAuthentication yes\" in /etc/ssh/sshd_config",
                         "sshd: KbdInteractiveAuthentication is no, but pam.d/sshd has the option "
                         "enroll");
    if (config->penalties)
        findings_good(findings,
                      "sshd: PerSourcePenalties is on: an address whose logins are refused "
                      "must wait before the next");
}

uint32_t doctor_look_at_sshd(struct findings *findings, const struct doctor_sshd *sshd) {
    struct sshd_config config;
    char last_line[SSHD_WORD_MAX] = "";

    if (!sshd->used)
        return 0;
    int r = sshd_config_read(&config, last_line);
    if (r >= 0) {
        judge_config(findings, sshd, &config);
        return config.login_grace;
    }

    if (r != -ENOENT)
        findings_problem(findings, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                         "doctor could not find out whether sshd asks PAM",
                         "run sshd -T and fix what it reports", "sshd: sshd -T failed: %s",
                         r == -EIO && last_line[0] != '\0' ? last_line : strerror(-r));
    return 0;
}
