/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enroll.c - a person enrolls in the middle of a login.
 *
 * A code that is shown to whoever types a name lets a stranger have the account's owner approve the
 * stranger's login. So nobody MUST be asked who has not proven to be somebody, unless the
 * administrator said so. Nor MUST anybody be waited for where nobody can answer.
 *
 * sshd before 10.3 keeps PAM's texts until the next prompt: the last line is one, and all of them
 * are one conversation. What is answered does not matter, only that somebody did.
 */
#include "enroll.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

enum { PAGE_LINES = 8 };

/* What the person reads: lines that PAM can carry whole, the last of them the prompt. */
struct page {
    char lines[PAGE_LINES][PAM_MAX_MSG_SIZE];
    int count;
};

struct enrolling {
    const struct login *login;
    uint32_t seconds;     /* that the person was given */
    const char *obstacle; /* why it was given up, or NULL */
    bool user_changed;
};

/* Services that run for somebody who is not there. */
static const char *const unattended[] = {"atd", "cron", "crond", "systemd-user"};

static const struct pam_conv *find_conversation(const struct login *login) {
    const void *item = NULL;
    if (pam_get_item(login->pamh, PAM_CONV, &item) != PAM_SUCCESS || !item)
        return NULL;
    const struct pam_conv *conversation = item;
    return conversation->conv ? conversation : NULL;
}

/* Why this login's person can't be asked, or NULL. */
static const char *find_obstacle(const struct login *login, bool proven) {
    if (!proven && login->options.enroll != ENROLL_UNPROVEN)
        return "nobody has been proven in this login yet (pam_oauth_login(8), enroll)";
    if (login->silent)
        return "the person is to be told nothing (PAM_SILENT, or quiet)";
    for (size_t i = 0; i < sizeof unattended / sizeof unattended[0]; i++)
        if (strcmp(login_service(login), unattended[i]) == 0)
            return "nobody can answer in this service";
    return find_conversation(login) ? NULL : "the application has no conversation";
}

/* False when the line is too long to be shown whole, which leaves it out. */
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

/* False when the person could not read all they need. */
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

/* What was typed may be anything, a password among it. */
static void free_responses(struct pam_response *responses, int count) {
    for (int i = 0; i < count; i++) {
        if (responses[i].resp)
            explicit_bzero(responses[i].resp, strlen(responses[i].resp));
        free(responses[i].resp);
    }
    free(responses);
}

/* Shows the page; true when somebody answered. Of a conversation that failed nothing is freed: what
 * it left behind may be freed already. */
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

/* The helper polls the provider while the person reads. */
static bool show_prompt(const struct ask_prompt *prompt, void *context) {
    struct enrolling *enrolling = context;
    const struct login *login = enrolling->login;
    struct page page = {.count = 0};
    enrolling->seconds = prompt->seconds;
    if (!write_page(login->user, prompt, &page))
        enrolling->obstacle = "the prompt does not fit PAM's lines";
    else if (!show_page(login, &page))
        enrolling->obstacle = "the application did not show the prompt, or got no answer to it";
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
    if (enrolling.user_changed)
        refuse_change(reply);
    else if (enrolling.obstacle)
        report_not_prompted(login, enrolling.obstacle);
    else
        *reply = enrolled;
    ask_clear(&enrolled);
    /* Enter may come much later than the approval: then that is no news. */
    if (reply->verdict == VERDICT_GRANTED &&
        reply->milliseconds > (int64_t) enrolling.seconds * 1000)
        login_ask(login, OPERATION_VERIFY, reply);
}
