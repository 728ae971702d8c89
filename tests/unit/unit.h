/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unit.h - shared by the unit tests: cmocka after the headers that it needs, secrets from literals,
 * and a directory for the test alone.
 */
#ifndef OAUTH_LOGIN_TESTS_UNIT_UNIT_H
#define OAUTH_LOGIN_TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scoped.h"
#include "secret.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { UNIT_SECRET_MAX = 1 << 20 };

/* Fails unless `text` holds `part`, and shows both. */
#define assert_has(text, part)                                  \
    do {                                                        \
        if (!strstr(text, part))                                \
            fail_msg("'%s' does not contain '%s'", text, part); \
    } while (0)

/* Makes a secret of `size` bytes, or of a text; the caller clears it. */
static inline struct secret unit_bytes(const void *data, size_t size) {
    struct secret secret = {0};
    assert_int_equal(secret_set(&secret, data, size, UNIT_SECRET_MAX), 0);
    return secret;
}

static inline struct secret unit_secret(const char *text) {
    return unit_bytes(text, strlen(text));
}

/* Makes a secret of `size` equal bytes; the caller clears it. */
static inline struct secret unit_filled(char byte, size_t size) {
    struct secret secret = {0};
    for (size_t i = 0; i < size; i++)
        assert_int_equal(secret_append(&secret, &byte, 1, UNIT_SECRET_MAX), 0);
    return secret;
}

/* Formats a text that the caller frees (SCOPED_TEXT). */
__attribute__((format(printf, 1, 2))) static inline char *unit_text(const char *format, ...) {
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    assert_true(length >= 0);
    return text;
}

/* Makes a directory below /tmp, 0700; the caller removes it with unit_remove. */
static inline char *unit_scratch(void) {
    char *path = unit_text("/tmp/oauth-login-unit.XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static inline int unit_remove_one(const char *path, const struct stat *status, int type,
                                  struct FTW *directory) {
    (void)status;
    (void)type;
    (void)directory;
    return remove(path);
}

/* Removes the directory with everything in it, and frees its path. */
static inline void unit_remove(char *path) {
    assert_int_equal(nftw(path, unit_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    free(path);
}

static inline void unit_write(const char *path, const void *data, size_t size) {
    SCOPED_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, size), size);
}

static inline struct secret unit_read(const char *path) {
    struct secret content = {0};
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(secret_read(&content, fd, UNIT_SECRET_MAX), 0);
    return content;
}

#endif
