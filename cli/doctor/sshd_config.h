/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sshd_config.h - sshd's effective configuration, as sshd itself tells it (sshd -T).
 */
#ifndef OAUTH_LOGIN_CLI_DOCTOR_SSHD_CONFIG_H
#define OAUTH_LOGIN_CLI_DOCTOR_SSHD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum { SSHD_WORD_MAX = 200 };

struct sshd_config {
    bool use_pam;
    bool keyboard_interactive;
    bool penalties;       /* PerSourcePenalties, of OpenSSH 9.8 and later */
    uint32_t login_grace; /* seconds; 0: no limit */
};

/* Reads what `sshd -T` prints, line by line; changes the text. */
void sshd_config_parse(char *text, struct sshd_config *ret);

/* Runs sshd for it, with an empty environment, for 10 s at most, of at most 256 KiB. -ENOENT when
 * there is no sshd; -EIO with its last line in `ret_said` when it fails; another negative errno. */
int sshd_config_read(struct sshd_config *ret, char ret_said[SSHD_WORD_MAX]);

#endif
