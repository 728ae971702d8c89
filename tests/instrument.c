/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * instrument.c - linked into the programs of `make check-sanitized`: a sanitizer's report goes to a
 * file that every test looks for (tests/integration/conftest.py), because the helper has neither an
 * environment nor a standard error. Leaks are left to valgrind, because LeakSanitizer cannot look
 * into these processes: they are not dumpable.
 */
static const char options[] = "log_path=/tmp/sanitizer-report:detect_leaks=0:exitcode=99:"
                              "print_stacktrace=1";

const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void) {
    return options;
}

const char *__ubsan_default_options(void) {
    return options;
}
