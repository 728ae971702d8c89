/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exit_status.c - the exit status of a command.
 */
#include "exit_status.h"

enum exit_status exit_status_of(enum verdict verdict) {
    switch (verdict) {
    case VERDICT_GRANTED:
    case VERDICT_GRANTED_OFFLINE:
    case VERDICT_NOT_MANAGED:
        return EXIT_YES;
    case VERDICT_DENIED:
    case VERDICT_REAUTHORIZE:
    case VERDICT_NOT_ENROLLED:
        return EXIT_NO;
    case VERDICT_UNREACHABLE:
        return EXIT_UNREACHABLE;
    case VERDICT_MISCONFIGURED:
        return EXIT_MISCONFIGURED;
    case VERDICT_NOT_PERMITTED:
        return EXIT_NOT_PERMITTED;
    case VERDICT_NONE:
    case VERDICT_FAULT:
    case VERDICT_COUNT:
        break;
    }
    return EXIT_FAULT;
}
