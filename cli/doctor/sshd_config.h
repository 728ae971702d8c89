/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sshd_config.h - sshd's effective configuration, as sshd itself prints it (sshd -T).
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

/* Parses the output of `sshd -T`, in place. */
void sshd_config_parse(char *text, struct sshd_config *ret);

/* Runs `sshd -T`, for 10 s at most, and parses at most 256 KiB of output. Returns 0 or a negative
 * errno: -ENOENT if there is no sshd; -EIO when it fails, with its last line in `ret_last_line`. */
int sshd_config_read(struct sshd_config *ret, char ret_last_line[SSHD_WORD_MAX]);

#endif
