/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * import.c - oauth-login import: a refresh token from standard input becomes an account's grant.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <termios.h>
#include <unistd.h>

#include "commands.h"
#include "exit_status.h"
#include "print.h"

/* Reads one line, or to the end if there is no newline, and cuts off trailing blanks. Returns its
 * size, or a negative errno: -E2BIG for more than `size` bytes. */
static ssize_t read_token(char *token, size_t size) {
    size_t used = 0;

    for (;;) {
        ssize_t got = read(STDIN_FILENO, token + used, size - used);
        if (got < 0)
            return -errno;
        used += (size_t)got;
        if (got == 0 || memchr(token, '\n', used))
            break;
        if (used == size)
            return -E2BIG;
    }

    const char *end = memchr(token, '\n', used);
    used = end ? (size_t)(end - token) : used;
    while (used > 0 && strchr(" \t\r", token[used - 1]))
        used--;
    return (ssize_t)used;
}

static volatile sig_atomic_t interrupted; /* the signal, or 0 */

static void note_interrupt(int number) {
    interrupted = number;
}

/* Does the same on a terminal, without echoing the token. Restores the terminal after a signal. */
static ssize_t read_token_unseen(const char *account, char *token, size_t size) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
    struct sigaction note = {.sa_handler = note_interrupt};
    struct termios shown, unseen;

    if (tcgetattr(STDIN_FILENO, &shown) < 0)
        return -errno;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &note, NULL);

    fprintf(stderr, "Paste the refresh token of %s, then press Enter (it is not shown): ", account);
    unseen = shown;
    unseen.c_lflag &= ~(tcflag_t)(ECHO | ICANON); /* canonical mode cuts lines at 4095 bytes */
    unseen.c_cc[VMIN] = 1;
    unseen.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
    ssize_t used = read_token(token, size);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fprintf(stderr, "\n");

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        signal(numbers[i], SIG_DFL);
    if (interrupted)
        raise(interrupted);
    return used;
}

static enum exit_status import(const struct arguments *arguments, const char *account,
                               const char *token, size_t size) {
    struct ask_reply reply;
    struct ask_request request = command_request(arguments, OPERATION_IMPORT, account);

    request.input = token;
    request.input_size = size;
    ask_helper(&request, &reply);

    /* For uid 0 nothing is stored, so NOT_MANAGED is no success here. */
    enum exit_status status =
        reply.verdict == VERDICT_NOT_MANAGED ? EXIT_NO : exit_status_of(reply.verdict);
    if (verdict_is_yes(reply.verdict)) {
        printf("%s is enrolled at %s: the grant was renewed once, and is stored.\n", account,
               reply.provider);
    } else {
        print_reply(account, &reply);
        if (status == EXIT_UNREACHABLE)
            fprintf(stderr, "Nothing is lost: run the same command with the same input again.\n");
        if (reply.verdict == VERDICT_DENIED && reply.source != SOURCE_NONE)
            fprintf(stderr, "If the configuration is wrong, fix it and run the same command with "
                            "the same input again.\nIf it was another person's token, it is used "
                            "up now: get a new one for the right account.\n");
    }
    ask_clear(&reply);
    return status;
}

enum exit_status command_import(const struct arguments *arguments) {
    char token[PROTOCOL_TOKEN_MAX + 1];
    const char *account = command_account(arguments);

    if (!account)
        return EXIT_USAGE;

    ssize_t size = isatty(STDIN_FILENO) ? read_token_unseen(account, token, sizeof token)
                                        : read_token(token, sizeof token);
    enum exit_status status = EXIT_USAGE;
    if (size == -E2BIG || size > PROTOCOL_TOKEN_MAX)
        fprintf(stderr,
                "oauth-login: standard input is not a refresh token: it has more than %d bytes\n",
                PROTOCOL_TOKEN_MAX);
    else if (size < 0)
        fprintf(stderr, "oauth-login: cannot read standard input: %s\n", strerror((int)-size));
    else if (size == 0)
        fprintf(stderr, "oauth-login: standard input is empty; give the refresh token there:\n"
                        "  oauth-login import USER < FILE\n");
    else
        status = import(arguments, account, token, (size_t)size);

    explicit_bzero(token, sizeof token);
    return status;
}
