/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.h - reads and checks the configuration.
 */
#ifndef OAUTH_LOGIN_HELPER_CONFIG_LOAD_H
#define OAUTH_LOGIN_HELPER_CONFIG_LOAD_H

#include "config.h"
#include "reason.h"

/* Reads and checks the configuration at `path`. Negative errno with file, line, section, key and
 * fix in `reason`. If the configuration is wrong, only `login` may be used, and only if
 * `login_known`: a mistake in another section must not affect the accounts that [login] does not
 * manage. */
int config_load(const char *path, struct config *ret, struct reason *reason);

/* Reads only section [helper], and opens no file with a secret. Always fills `ret`: with the
 * defaults when it returns a negative errno with its reason. */
int config_read_helper(const char *path, struct helper_config *ret, struct reason *reason);

#endif
