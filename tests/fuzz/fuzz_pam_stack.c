/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_pam_stack.c - files of pam.d with any content: read and judged within limits. The input is
 * files, separated by form feeds, that can include each other as "a", "b", "c" and so on.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../cli/doctor/pam_bypass.c"
#include "../../cli/doctor/pam_control.c"
#include "../../cli/doctor/pam_stack.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *data;
    size_t size;
};

static char *read_part(const char *name, void *context) {
    const struct input *input = context;
    if (name[0] < 'a' || name[0] > 'z' || name[1] != '\0')
        return NULL;
    const uint8_t *at = input->data, *end = at + input->size;
    for (char part = 'a'; part < name[0] && at; part++) {
        at = memchr(at, '\f', (size_t)(end - at));
        at = at ? at + 1 : NULL;
    }
    if (!at)
        return NULL;
    const uint8_t *stop = memchr(at, '\f', (size_t)(end - at));
    return strndup((const char *)at, (size_t)((stop ? stop : end) - at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, size};
    struct pam_source source = {.read = read_part, .context = &input};
    SCOPED_STACK struct pam_stack stack = {0};
    if (size == 0 || size > 4096 || pam_stack_read(&source, "a", &stack) < 0)
        return 0;
    for (size_t i = 0; i < stack.count && i < 200; i++) {
        struct pam_words words;
        size_t by = 0;
        enum pam_bypass bypass = pam_stack_bypass(&stack, i, &by);
        if (by >= stack.count || (bypass != PAM_BYPASS_NONE && by == i))
            abort();
        pam_stack_is(&stack, i, "pam_unix.so");
        pam_stack_split(&stack.lines[i], &words);
        if (words.count > PAM_WORDS_MAX)
            abort();
    }
    return 0;
}
