/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_options.c - the options after pam_oauth_login.so, one per line: taken within their limits,
 * or reported in the error.
 */
#include "fuzz.h"
#include "options.h"
#include "protocol.h"

enum { WORDS_MAX = 32 };

static bool is_duration(uint32_t seconds, uint32_t most) {
    return seconds == PROTOCOL_UNSET || seconds <= most;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = strndup((const char *)data, size);
    const char *words[WORDS_MAX];
    struct options options;
    char error[OPTIONS_ERROR_SIZE] = "";
    int count = 0;
    if (!text)
        return -1;
    for (char *rest = text; rest && count < WORDS_MAX;)
        words[count++] = strsep(&rest, "\n");
    if (options_parse(count, words, &options, error)) {
        PROMISE(!options.config || options.config[0] == '/');
        PROMISE(options.deadline > 0 && is_duration(options.deadline, PROTOCOL_DEADLINE_MAX));
        PROMISE(is_duration(options.offline_grace, PROTOCOL_DURATION_MAX));
        PROMISE(is_duration(options.reuse_within, PROTOCOL_DURATION_MAX));
    } else {
        PROMISE(error[0] != '\0' && strnlen(error, sizeof error) < sizeof error);
    }
    free(text);
    return 0;
}
