/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.c - the messages for the log and for the user.
 */
#include "report.h"

#include <security/pam_ext.h>
#include <stddef.h>
#include <stdio.h>
#include <syslog.h>

/* Writes bytes below `least`, above ASCII, and quotes as \xNN. */
static const char *escape_from(char least, const char *text, char ret[REPORT_FIELD_SIZE]) {
    size_t used = 0;
    for (; *text != '\0' && used + 5 <= REPORT_FIELD_SIZE; text++) {
        if (*text >= least && *text <= '~' && *text != '"')
            ret[used++] = *text;
        else
            used += (size_t)snprintf(ret + used, 5, "\\x%02X", (unsigned char)*text);
    }
    ret[used] = '\0';
    return ret;
}

/* Escapes text that is logged in quotes. A word is logged without quotes (report_escape_word), so
 * its blanks are escaped too: otherwise it could imitate the fields that follow it. */
static const char *escape(const char *text, char ret[REPORT_FIELD_SIZE]) {
    return escape_from(' ', text, ret);
}

const char *report_escape_word(const char *text, char ret[REPORT_FIELD_SIZE]) {
    return escape_from('!', text, ret);
}

/* The way in which each verdict is logged. */
static const struct {
    int level;        /* of syslog(3) */
    bool by_provider; /* the provider decided, so name it */
} styles[VERDICT_COUNT] = {
    [VERDICT_NONE] = {LOG_ERR, false},
    [VERDICT_GRANTED] = {LOG_INFO, true},
    [VERDICT_GRANTED_OFFLINE] = {LOG_NOTICE, false},
    [VERDICT_DENIED] = {LOG_NOTICE, true},
    [VERDICT_REAUTHORIZE] = {LOG_NOTICE, true},
    [VERDICT_NOT_ENROLLED] = {LOG_NOTICE, false},
    [VERDICT_NOT_MANAGED] = {LOG_INFO, false},
    [VERDICT_UNREACHABLE] = {LOG_ERR, false},
    [VERDICT_MISCONFIGURED] = {LOG_ERR, false},
    [VERDICT_NOT_PERMITTED] = {LOG_ERR, false},
    [VERDICT_FAULT] = {LOG_ERR, false},
};

void report_decision(const struct login *login, const struct ask_reply *reply, bool letting_in) {
    char user[REPORT_FIELD_SIZE], rhost[REPORT_FIELD_SIZE],
        reason[REPORT_FIELD_SIZE + 16] = "", text[REPORT_FIELD_SIZE];
    const char *verdict = verdict_name(reply->verdict);
    bool by = styles[reply->verdict].by_provider && reply->source != SOURCE_NONE;

    if (reply->reason[0] != '\0')
        snprintf(reason, sizeof reason, " reason=\"%s\"", escape(reply->reason, text));
    report_escape_word(login_rhost(login), rhost);

    pam_syslog(login->pamh, styles[reply->verdict].level,
               "%s: %s%s%s (verdict=%s source=%s rotated=%s%s%s ms=%lld%s%s)",
               report_escape_word(login->user, user), verdict, by ? " by " : "",
               by ? reply->provider : "", verdict, source_name(reply->source),
               reply->rotated ? "yes" : "no", rhost[0] != '\0' ? " rhost=" : "", rhost,
               (long long)reply->milliseconds, reason, letting_in ? " let in by permissive" : "");
}

void report_to_person(const struct login *login, const struct ask_reply *reply) {
    if (login->silent || reply->message[0] == '\0')
        return;
    if (verdict_is_offline(reply->verdict))
        pam_info(login->pamh, "%s", reply->message);
    else
        pam_error(login->pamh, "%s", reply->message);
}

void report_misconfigured(const struct login *login, const char *what) {
    char user[REPORT_FIELD_SIZE], text[REPORT_FIELD_SIZE];
    pam_syslog(login->pamh, LOG_ERR, "%s: misconfigured (verdict=misconfigured reason=\"%s\")",
               report_escape_word(login->user, user), escape(what, text));
    if (!login->silent)
        pam_error(login->pamh, "Login refused: oauth-login on this machine is misconfigured. Your "
                               "account is not at fault; tell your administrator.");
}

void report_unproven(const struct login *login) {
    char user[REPORT_FIELD_SIZE];
    pam_syslog(login->pamh, LOG_NOTICE,
               "%s: no authentication method has succeeded yet, so auth returns PAM_IGNORE; "
               "another module must authenticate the user (pam_oauth_login(8), assume_proven)",
               report_escape_word(login->user, user));
}

void report_not_prompted(const struct login *login, const char *why) {
    char user[REPORT_FIELD_SIZE];
    report_escape_word(login->user, user);
    pam_syslog(login->pamh, LOG_NOTICE, "%s: not asked to enroll: %s; run: oauth-login enroll %s",
               user, why, user);
}

void report_planted(const struct login *login, int serial, const struct ask_reply *reply) {
    char user[REPORT_FIELD_SIZE];
    if (login->options.debug)
        pam_syslog(login->pamh, LOG_DEBUG, "%s: session key oauth-login:%s planted in keyring %d",
                   report_escape_word(login->user, user), reply->provider, serial);
}

void report_not_planted(const struct login *login, const char *why) {
    char user[REPORT_FIELD_SIZE], text[REPORT_FIELD_SIZE];
    pam_syslog(login->pamh, LOG_WARNING, "%s: no session key: %s",
               report_escape_word(login->user, user), escape(why, text));
}

void report_not_watched(const struct login *login, const char *why) {
    char user[REPORT_FIELD_SIZE];
    pam_syslog(login->pamh, LOG_WARNING,
               "%s: this session will not be ended when the account is closed: " OAUTH_LOGIN_RUN
               "/sessions: %s",
               report_escape_word(login->user, user), why);
}

void report_logout(const struct login *login, const struct ask_reply *reply) {
    char user[REPORT_FIELD_SIZE], text[REPORT_FIELD_SIZE];
    if (verdict_is_yes(reply->verdict) || reply->verdict == VERDICT_NOT_MANAGED ||
        reply->verdict == VERDICT_NOT_ENROLLED)
        return;
    pam_syslog(login->pamh, LOG_WARNING, "%s: the access token was not revoked: %s",
               report_escape_word(login->user, user), escape(reply->reason, text));
}
