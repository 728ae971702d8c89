/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enroll.c - oauth-login enroll: gets a grant that the user approves, on another device or in a
 * browser.
 */
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "browser.h"
#include "clock.h"
#include "commands.h"
#include "exit_status.h"
#include "print.h"
#include "qr.h"
#include "text.h"

/* The end of the time to approve, in seconds of the boot clock (clock_boot_ms), for the signal
 * handler of the countdown. 0: no countdown was started. */
static volatile sig_atomic_t time_ends;

/* Writes the time that is left. Async-signal-safe: a handler of SIGALRM. */
static void show_time_left(int number) {
    char line[] = "\rWaiting for approval, 00:00 left; Ctrl-C gives up. ";
    long left = (long)time_ends - (long)(clock_boot_ms() / 1000);

    (void)number;
    left = left > 0 ? left : 0;
    char *digits = strchr(line, '0');
    digits[0] = (char)('0' + left / 600 % 10);
    digits[1] = (char)('0' + left / 60 % 10);
    digits[3] = (char)('0' + left % 60 / 10);
    digits[4] = (char)('0' + left % 10);
    if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
        return;
}

static void set_countdown(bool on) {
    struct sigaction show = {.sa_handler = on ? show_time_left : SIG_IGN, .sa_flags = SA_RESTART};
    struct itimerval timer = {.it_value = {.tv_sec = on}, .it_interval = {.tv_sec = on}};

    if (!isatty(STDERR_FILENO))
        return;
    sigaction(SIGALRM, &show, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    if (on)
        show_time_left(0);
    else
        fprintf(stderr, "\n");
}

static void begin_wait(const struct ask_prompt *prompt) {
    printf("Only the owner of this account should approve it.\n");
    fflush(stdout);
    time_ends = (sig_atomic_t)(clock_boot_ms() / 1000 + prompt->seconds);
    set_countdown(true);
}

static bool show_code(const struct ask_prompt *prompt, void *context) {
    const char *account = context;
    const char *whole = prompt->address_with_code;

    printf("To enroll %s, open in a browser, on any device:\n\n  %s\n\nand enter this code:\n\n"
           "  %s\n\n",
           account, prompt->address, prompt->code);
    if (whole[0] != '\0' && qr_print(whole))
        printf("\n");
    begin_wait(prompt);
    return true;
}

/* Shows the address, and how to reach this machine's loopback: the browser must run here, or reach
 * it through a forwarded port. */
static bool show_address(const struct ask_prompt *prompt, void *context) {
    const char *account = context;
    char host[HOST_NAME_MAX + 1] = "";

    gethostname(host, sizeof host - 1);
    printf("To enroll %s, open in a browser:\n\n  %s\n\n", account, prompt->address);
    fflush(stdout);
    if (browser_open(prompt->address))
        printf("It should open by itself.\n");
    else
        printf("If the browser is not on this machine, forward the port to it first:\n\n"
               "  ssh -L %u:127.0.0.1:%u %s\n\n",
               prompt->port, prompt->port, host);
    begin_wait(prompt);
    return true;
}

enum exit_status command_enroll(const struct arguments *arguments) {
    struct ask_reply reply;
    const char *account = command_account(arguments);
    char name[PROTOCOL_NAME_MAX + 1];

    if (!account)
        return EXIT_USAGE;
    text_copy(name, sizeof name, account);

    struct ask_request request =
        command_request(arguments, arguments->browser ? OPERATION_BROWSER : OPERATION_ENROLL, name);
    request.on_prompt = arguments->browser ? show_address : show_code;
    request.context = name;
    ask_helper(&request, &reply);
    if (time_ends != 0)
        set_countdown(false);

    /* For uid 0 nothing is stored, so NOT_MANAGED is no success here. */
    enum exit_status status =
        reply.verdict == VERDICT_NOT_MANAGED ? EXIT_NO : exit_status_of(reply.verdict);
    if (verdict_is_yes(reply.verdict))
        printf("%s is enrolled at %s.\n", name, reply.provider);
    else
        print_reply(name, &reply);

    ask_clear(&reply);
    return status;
}
