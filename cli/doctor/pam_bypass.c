/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_bypass.c - whether a line of a stack is always run, and counts, by what pam_dispatch.c of
 * libpam does: `done` ends the frame of lines that it stands in, which is the phase, or the
 * substack; a jump passes over lines of its own level, a substack being one, and not out of its
 * frame; `reset` forgets what the frame's lines have said so far.
 */
#include "pam_stack.h"

/* The next line of the phase behind `at`; stack->count when there is none. */
static size_t next_in_phase(const struct pam_stack *stack, size_t at) {
    enum pam_phase phase = stack->lines[at].phase;
    do
        at++;
    while (at < stack->count && stack->lines[at].phase != phase);
    return at;
}

/* Whether `inner`, which stands behind `outer`, is in the frame that `outer` stands in. */
static bool shares_frame(const struct pam_stack *stack, size_t outer, size_t inner) {
    for (size_t i = outer; i < inner; i = next_in_phase(stack, i))
        if (stack->lines[i].level < stack->lines[outer].level)
            return false;
    return stack->lines[inner].level >= stack->lines[outer].level;
}

/* The same for a frame that `later` stands in and that began before `earlier`. */
static bool began_before(const struct pam_stack *stack, size_t earlier, size_t later) {
    for (size_t i = earlier; i < later; i = next_in_phase(stack, i))
        if (stack->lines[i].level < stack->lines[later].level)
            return false;
    return true;
}

static bool may(const struct pam_line *line, int action) {
    if (line->substack || line->unread)
        return false;
    for (size_t i = 0; i < PAM_VALUE_COUNT; i++)
        if (line->control.action[i] == action)
            return true;
    return false;
}

/* Whether a jump of `by` passes over `at`, which is in its frame. A jump into the lines of a
 * substack is none: they are passed over with the line that names it. */
static bool jumps_over(const struct pam_stack *stack, size_t by, size_t at) {
    const struct pam_line *line = &stack->lines[by];
    int most = 0;
    for (size_t i = 0; !line->substack && !line->unread && i < PAM_VALUE_COUNT; i++)
        most = line->control.action[i] > most ? line->control.action[i] : most;
    int passed = 0; /* lines of the level of `by`, up to the one that `at` is or is part of */
    for (size_t i = next_in_phase(stack, by); i <= at; i = next_in_phase(stack, i))
        passed += stack->lines[i].level == line->level;
    return most > 0 && passed <= most;
}

enum pam_bypass pam_stack_bypass(const struct pam_stack *stack, size_t at, size_t *ret_by) {
    enum pam_phase phase = stack->lines[at].phase;
    for (size_t i = 0; i < stack->count; i++) {
        enum pam_bypass found = PAM_BYPASS_NONE;
        if (stack->lines[i].phase != phase || i == at)
            continue;
        if (i < at && shares_frame(stack, i, at))
            found = may(&stack->lines[i], PAM_ACTION_DONE) ? PAM_BYPASS_END
                    : jumps_over(stack, i, at)             ? PAM_BYPASS_JUMP
                                                           : PAM_BYPASS_NONE;
        if (i > at && may(&stack->lines[i], PAM_ACTION_RESET) && began_before(stack, at, i))
            found = PAM_BYPASS_RESET;
        *ret_by = i;
        if (found != PAM_BYPASS_NONE)
            return found;
    }
    return PAM_BYPASS_NONE;
}
