/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * browser.h - opening an address in the user's browser.
 */
#ifndef OAUTH_LOGIN_CLI_BROWSER_H
#define OAUTH_LOGIN_CLI_BROWSER_H

#include <stdbool.h>

/* Passes `address` to xdg-open(1) in the background. Returns false if there is no display or no
 * xdg-open, or in an SSH session. True does not mean that a browser has opened. Never runs it as
 * root: under sudo(8) it runs as SUDO_UID with all other rights dropped, and for any other root it
 * returns false. */
bool browser_open(const char *address);

#endif
