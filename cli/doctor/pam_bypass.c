/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_bypass.c - tells whether a line of a stack always runs and its result counts, by the rules of
 * libpam's pam_dispatch.c. The lines of a phase, or of a substack, are a frame. `done` ends the
 * frame of its line. A jump skips lines of its own level, where a substack is one line, and never
 * leaves its frame. `reset` forgets the results of the frame's lines so far.
 */
#include <stdbool.h>
#include <stddef.h>

#include "pam_stack.h"

/* Returns the next line of the phase after `at`; stack->count if there is none. */
static size_t next_in_phase(const struct pam_stack *stack, size_t at) {
    enum pam_phase phase = stack->lines[at].phase;
    do
        at++;
    while (at < stack->count && stack->lines[at].phase != phase);
    return at;
}

/* Tells whether `inner`, a line after `outer`, is in the frame of `outer`. */
static bool shares_frame(const struct pam_stack *stack, size_t outer, size_t inner) {
    for (size_t i = outer; i < inner; i = next_in_phase(stack, i))
        if (stack->lines[i].level < stack->lines[outer].level)
            return false;
    return stack->lines[inner].level >= stack->lines[outer].level;
}

/* Tells whether the frame of `later` began before `earlier`, so that it contains both. */
static bool began_before(const struct pam_stack *stack, size_t earlier, size_t later) {
    for (size_t i = earlier; i < later; i = next_in_phase(stack, i))
        if (stack->lines[i].level < stack->lines[later].level)
            return false;
    return true;
}

/* Tells whether a result of the line's module leads to the action. */
static bool may(const struct pam_line *line, enum pam_action action) {
    if (line->substack || line->unparsable)
        return false;
    for (size_t i = 0; i < PAM_VALUE_COUNT; i++)
        if (line->control.action[i] == (int)action)
            return true;
    return false;
}

/* Tells whether a jump of line `by` skips line `at`, which is in its frame. A jump can't end within
 * a substack: it skips all lines of one, together with the line that names it. */
static bool jumps_over(const struct pam_stack *stack, size_t by, size_t at) {
    const struct pam_line *line = &stack->lines[by];
    int longest = 0;

    for (size_t i = 0; !line->substack && !line->unparsable && i < PAM_VALUE_COUNT; i++)
        if (line->control.action[i] > longest)
            longest = line->control.action[i];

    int needed = 0; /* lines of the level of `by`, up to the one that is `at` or contains it */
    for (size_t i = next_in_phase(stack, by); i <= at; i = next_in_phase(stack, i))
        needed += stack->lines[i].level == line->level;
    return longest > 0 && needed <= longest;
}

/* Returns the way in which line `by` may bypass line `at`, if it does. */
static enum pam_bypass judge(const struct pam_stack *stack, size_t at, size_t by) {
    const struct pam_line *line = &stack->lines[by];

    if (by < at && shares_frame(stack, by, at)) {
        if (may(line, PAM_ACTION_DONE))
            return PAM_BYPASS_END;
        if (jumps_over(stack, by, at))
            return PAM_BYPASS_JUMP;
    }
    if (by > at && may(line, PAM_ACTION_RESET) && began_before(stack, at, by))
        return PAM_BYPASS_RESET;
    return PAM_BYPASS_NONE;
}

enum pam_bypass pam_stack_bypass(const struct pam_stack *stack, size_t at, size_t *ret_by) {
    for (size_t i = 0; i < stack->count; i++) {
        if (stack->lines[i].phase != stack->lines[at].phase || i == at)
            continue;
        enum pam_bypass found = judge(stack, at, i);
        *ret_by = i;
        if (found != PAM_BYPASS_NONE)
            return found;
    }
    return PAM_BYPASS_NONE;
}
