/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exit_status.c - the exit status of a command.
 */
#include "exit_status.h"

/* The exit status of each verdict that is not a yes. Any verdict that is missing here is a
 * fault. */
static const struct {
    enum verdict verdict;
    enum exit_status status;
} statuses[] = {
    {VERDICT_NOT_MANAGED, EXIT_YES},
    {VERDICT_DENIED, EXIT_NO},
    {VERDICT_REAUTHORIZE, EXIT_NO},
    {VERDICT_NOT_ENROLLED, EXIT_NO},
    {VERDICT_UNREACHABLE, EXIT_UNREACHABLE},
    {VERDICT_MISCONFIGURED, EXIT_MISCONFIGURED},
    {VERDICT_NOT_PERMITTED, EXIT_NOT_PERMITTED},
};

enum exit_status exit_status_of(enum verdict verdict) {
    if (verdict_is_yes(verdict) || verdict_is_offline(verdict))
        return EXIT_YES;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].verdict == verdict)
            return statuses[i].status;
    return EXIT_FAULT;
}
