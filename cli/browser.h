/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * browser.h - opening an address in the person's browser, where there is one.
 */
#ifndef OAUTH_LOGIN_CLI_BROWSER_H
#define OAUTH_LOGIN_CLI_BROWSER_H

#include <stdbool.h>

/* Gives `address` to xdg-open(1) in the background; false when there is no display, no xdg-open, or
 * the login is over SSH. Never as root: a root that came by sudo(8) opens it as SUDO_UID with all
 * other rights dropped, any other not at all. Whether the browser came up is not known. */
bool browser_open(const char *address);

#endif
