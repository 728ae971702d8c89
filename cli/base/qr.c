/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qr.c - an address as a QR code in a terminal. A QR code is dark on light, with a quiet zone of
 * four light modules around it. Terminals are taken to be dark, so the light modules are printed.
 */
#include "qr.h"

#include <langinfo.h>
#include <qrencode.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { QR_QUIET = 4, QR_LINES_OF_TEXT = 8 };

static bool is_dark(const QRcode *code, int x, int y) {
    if (x < 0 || y < 0 || x >= code->width || y >= code->width)
        return false;
    return code->data[y * code->width + x] & 1;
}

/* Tells whether standard output is a terminal with room for the code and the text around it. */
static bool fits(int width) {
    struct winsize size;
    int whole = width + 2 * QR_QUIET;

    return isatty(STDOUT_FILENO) && strcmp(nl_langinfo(CODESET), "UTF-8") == 0 &&
           ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= whole &&
           size.ws_row >= (whole + 1) / 2 + QR_LINES_OF_TEXT;
}

bool qr_print(const char *address) {
    static const char *const cells[2][2] = {{"\u2588", "\u2580"}, {"\u2584", " "}};
    QRcode *code = QRcode_encodeString8bit(address, 0, QR_ECLEVEL_L);
    bool shown = code && fits(code->width);
    for (int y = -QR_QUIET; shown && y < code->width + QR_QUIET; y += 2) {
        for (int x = -QR_QUIET; x < code->width + QR_QUIET; x++)
            fputs(cells[is_dark(code, x, y)][is_dark(code, x, y + 1)], stdout);
        putchar('\n');
    }
    QRcode_free(code);
    return shown;
}
