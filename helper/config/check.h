/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.h - checks that the keys of the configuration fit together.
 */
#ifndef OAUTH_LOGIN_HELPER_CONFIG_CHECK_H
#define OAUTH_LOGIN_HELPER_CONFIG_CHECK_H

#include "config.h"
#include "reason.h"

/* Checks the configuration as a whole, and reads the client's secret into it. -EINVAL, -EPERM or an
 * error of open(2), with section, key and fix in `reason`; `path` names the main
 * file there. */
int config_check(struct config *config, const char *path, struct reason *reason);

#endif
