/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qr.h - an address as a QR code in a terminal.
 */
#ifndef OAUTH_LOGIN_CLI_BASE_QR_H
#define OAUTH_LOGIN_CLI_BASE_QR_H

#include <stdbool.h>

/* Prints `address` as a QR code on standard output, two modules in each character cell, if that is
 * a UTF-8 terminal with room for all of it. Returns true if it was printed. */
bool qr_print(const char *address);

#endif
