/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.h - reading and checking the configuration.
 */
#ifndef OAUTH_LOGIN_HELPER_CONFIG_LOAD_H
#define OAUTH_LOGIN_HELPER_CONFIG_LOAD_H

#include "config.h"

/* Reads and checks the configuration at `path`. Negative errno with file, line, section, key
 * and fix in `reason`; of a wrong configuration only `login` may be used, if it is known: the
 * accounts that it leaves alone are not to suffer from a mistake in another section. */
int config_load(const char *path, struct config *ret, struct reason *reason);

/* Reads section [helper] alone: no file with a secret is opened. Always fills `ret`, with the
 * defaults when it returns a negative errno with its reason. */
int config_read_helper(const char *path, struct helper_config *ret, struct reason *reason);

#endif
