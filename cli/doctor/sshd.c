/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sshd.c - what in sshd_config keeps the module from being asked, or its words from the
 * person.
 */
#include <errno.h>
#include <string.h>

#include "parts.h"
#include "sshd_config.h"

static void look_at_keys(struct report *report, const struct doctor_sshd *sshd,
                         const struct sshd_config *config) {
    if (!config->use_pam)
        report_find(report, LEVEL_ERROR, VERDICT_MISCONFIGURED,
                    "sshd does not ask PAM about anybody: the keys of ended accounts let them in",
                    "say \"UsePAM yes\" in /etc/ssh/sshd_config, and: systemctl reload ssh",
                    "sshd: UsePAM is no, though the module stands in pam.d/sshd");
    else
        report_good(report, "sshd: UsePAM yes");
    if (sshd->enroll && !config->keyboard_interactive)
        report_find(report, LEVEL_ERROR, VERDICT_MISCONFIGURED,
                    "sshd has no other way to show the code of an enrollment and wait for the "
                    "person",
                    "say \"KbdInteractiveAuthentication yes\" in /etc/ssh/sshd_config",
                    "sshd: KbdInteractiveAuthentication is no, but pam.d/sshd has the option "
                    "enroll");
    if (config->penalties)
        report_good(report, "sshd: PerSourcePenalties is on: an address whose logins are refused "
                            "has to wait");
}

uint32_t doctor_look_at_sshd(struct report *report, const struct doctor_sshd *sshd) {
    struct sshd_config config;
    char said[SSHD_WORD_MAX] = "";
    if (!sshd->used)
        return 0;
    int r = sshd_config_read(&config, said);
    if (r >= 0) {
        look_at_keys(report, sshd, &config);
        return config.login_grace;
    }
    if (r != -ENOENT)
        report_find(report, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                    "whether sshd asks PAM could not be found out", "look at: sshd -T",
                    "sshd: sshd -T failed: %s", r == -EIO && said[0] != '\0' ? said : strerror(-r));
    return 0;
}
