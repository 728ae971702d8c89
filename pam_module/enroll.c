/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enroll.c - the user enrolls in the middle of a login.
 *
 * An attacker who types another user's name and is shown a code could trick that user into
 * approving the attacker's login. So the module MUST NOT prompt before an authentication method has
 * succeeded, unless the administrator allows it. It MUST NOT wait where no person can answer.
 *
 * sshd before 10.3 keeps PAM's texts until the next prompt, so the last line is a prompt, and all
 * lines are one conversation. The text of the answer does not matter; any answer counts.
 */
#include "enroll.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "scoped.h"

enum { PAGE_LINES = 8 };

/* The text shown to the user: lines that PAM can carry whole; the last one is the prompt. 4 KiB,
 * so never on the stack of the application. */
struct page {
    char lines[PAGE_LINES][PAM_MAX_MSG_SIZE];
    int count;
};

/* The state of an enrollment. */
struct enrolling {
    const struct login *login;
    uint32_t seconds;     /* the time that the user was given */
    const char *obstacle; /* why the user was not prompted, or did not answer; or NULL */
    bool user_changed;    /* PAM_USER changed during the conversation */
};

/* Services that run without a person who could answer. */
static const char *const unattended[] = {"atd", "cron", "crond", "systemd-user"};

static void free_page(struct page **page) {
    free(*page);
    *page = NULL;
}

static const struct pam_conv *find_conversation(const struct login *login) {
    const void *item = NULL;
    if (pam_get_item(login->pamh, PAM_CONV, &item) != PAM_SUCCESS || !item)
        return NULL;
    const struct pam_conv *conversation = item;
    return conversation->conv ? conversation : NULL;
}

/* Returns the reason why the user can't be prompted in this login, or NULL. */
static const char *find_obstacle(const struct login *login, bool proven) {
    if (!proven && login->options.enroll != ENROLL_UNPROVEN)
        return "no authentication method has succeeded yet (pam_oauth_login(8), enroll)";
    if (login->silent)
        return "the login is silent (PAM_SILENT, or the option quiet)";
    for (size_t i = 0; i < sizeof unattended / sizeof unattended[0]; i++)
        if (strcmp(login_service(login), unattended[i]) == 0)
            return "this service runs without a person who could answer";
    return find_conversation(login) ? NULL : "the application has no conversation";
}

/* Adds a line. If it is too long to be shown whole, leaves it out and returns false. */
__attribute__((format(printf, 2, 3))) static bool add_line(struct page *page, const char *format,
                                                           ...) {
    va_list args;

    va_start(args, format);
    int length = vsnprintf(page->lines[page->count], PAM_MAX_MSG_SIZE, format, args);
    va_end(args);

    bool fits = length >= 0 && length < PAM_MAX_MSG_SIZE;
    page->count += fits;
    return fits;
}

/* Writes the page. Returns false if a line that the user needs does not fit. */
static bool write_page(const char *user, const struct ask_prompt *prompt, struct page *ret) {
    char name[REPORT_FIELD_SIZE];

    bool whole = add_line(ret, "To enroll %s, open within %u s, in a browser on any device:",
                          report_escape_word(user, name), prompt->seconds) &&
                 add_line(ret, "  %s", prompt->address) &&
                 add_line(ret, "and enter this code: %s", prompt->code);
    if (prompt->address_with_code[0] != '\0' && add_line(ret, "Or open it with the code in it:") &&
        !add_line(ret, "  %s", prompt->address_with_code))
        ret->count--; /* the line that announces it */

    return whole && add_line(ret, "Approve it only if this login is your own.") &&
           add_line(ret, "Press Enter when you have approved it: ");
}

/* Wipes and frees the answers: the user may have typed a password. */
static void free_responses(struct pam_response *responses, int count) {
    for (int i = 0; i < count; i++)
        scoped_free_wiped(responses[i].resp, responses[i].resp ? strlen(responses[i].resp) : 0);
    free(responses);
}

/* Shows the page. Returns true when the user answered. Frees nothing after a conversation that
 * failed: the application may have freed the responses already. */
static bool show_page(const struct login *login, const struct page *page) {
    const struct pam_conv *conversation = find_conversation(login);
    struct pam_message messages[PAGE_LINES];
    const struct pam_message *pointers[PAGE_LINES];
    struct pam_response *responses = NULL;
    int last = page->count - 1;

    for (int i = 0; i <= last; i++) {
        messages[i] =
            (struct pam_message){i < last ? PAM_TEXT_INFO : PAM_PROMPT_ECHO_ON, page->lines[i]};
        pointers[i] = &messages[i];
    }

    if (!conversation || conversation->conv(page->count, pointers, &responses,
                                            conversation->appdata_ptr) != PAM_SUCCESS)
        return false;
    if (!responses)
        return false;

    bool answered = responses[last].resp;
    free_responses(responses, page->count);
    return answered;
}

/* Returns the reason why the user could not be prompted, or NULL. */
static const char *prompt_person(const struct login *login, const struct ask_prompt *prompt) {
    SCOPED(free_page) struct page *page = calloc(1, sizeof *page);

    if (!page)
        return "out of memory";
    if (!write_page(login->user, prompt, page))
        return "a line of the prompt is longer than PAM allows";
    return show_page(login, page)
               ? NULL
               : "the application did not show the prompt, or got no answer to it";
}

/* Prompts the user; the helper polls the provider meanwhile. */
static bool show_prompt(const struct ask_prompt *prompt, void *context) {
    struct enrolling *enrolling = context;
    const struct login *login = enrolling->login;

    enrolling->seconds = prompt->seconds;
    enrolling->obstacle = prompt_person(login, prompt);
    enrolling->user_changed = !login_has_same_user(login);
    return !enrolling->obstacle && !enrolling->user_changed;
}

static void refuse_change(struct ask_reply *reply) {
    ask_clear(reply);
    reply->verdict = VERDICT_NOT_PERMITTED;
    snprintf(reply->reason, sizeof reply->reason, "PAM_USER changed during an enrollment");
    snprintf(reply->message, sizeof reply->message,
             "Login refused: the user changed in the middle of the login.");
}

void enroll_person(const struct login *login, bool proven, struct ask_reply *reply) {
    struct enrolling enrolling = {.login = login, .obstacle = find_obstacle(login, proven)};
    struct ask_request request = login_request(login, OPERATION_ENROLL);
    struct ask_reply enrolled = {.verdict = VERDICT_NONE};

    request.on_prompt = show_prompt;
    request.context = &enrolling;
    if (!enrolling.obstacle)
        ask_helper(&request, &enrolled);

    if (enrolling.user_changed) {
        refuse_change(reply);
    } else if (enrolling.obstacle) {
        report_not_prompted(login, enrolling.obstacle);
    } else {
        ask_clear(reply);
        *reply = enrolled;
        enrolled = (struct ask_reply){.verdict = VERDICT_NONE};
    }
    ask_clear(&enrolled);

    /* The user may press Enter long after the approval; by then it no longer proves that the
     * account is active. */
    if (verdict_is_yes(reply->verdict) && reply->milliseconds > (int64_t)enrolling.seconds * 1000) {
        ask_clear(reply);
        login_ask(login, OPERATION_VERIFY, reply);
    }
}
