/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qr.h - an address as a QR code in a terminal.
 */
#ifndef OAUTH_LOGIN_CLI_BASE_QR_H
#define OAUTH_LOGIN_CLI_BASE_QR_H

#include <stdbool.h>

/* Prints `address` as a QR code on standard output, two modules a character cell, when that is a
 * terminal that can show it whole; else nothing. True when it was printed. */
bool qr_print(const char *address);

#endif
