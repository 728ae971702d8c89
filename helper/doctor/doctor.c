/*
 * diagnosis.c - oauth-login doctor: the configuration, and in which order the rest is looked at.
 */
#include "doctor.h"

#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "sandbox.h"

enum {
    DIAGNOSIS_REQUEST_MS = 10000, /* for one answer of the provider */
    DIAGNOSIS_WAIT_MS = 60000,    /* for all of them: what the asker is told */
    DIAGNOSIS_LOGIN_MARGIN = 10,  /* seconds that sshd needs around the decision */
};

__attribute__((format(printf, 5, 0))) static void send(struct diagnosis *diagnosis,
                                                       enum protocol_level level, const char *why,
                                                       const char *mend, const char *format,
                                                       va_list args) {
    struct finding finding = {.level = level};
    char text[2 * PROTOCOL_TEXT_MAX];
    vsnprintf(text, sizeof text, format, args);
    reason_escape(finding.what, sizeof finding.what, text, strlen(text));
    reason_escape(finding.why, sizeof finding.why, why, strlen(why));
    reason_escape(finding.mend, sizeof finding.mend, mend, strlen(mend));
    peer_send_finding(&diagnosis->visit->peer, &finding);
}

void diagnosis_good(struct diagnosis *diagnosis, const char *format, ...) {
    va_list args;
    va_start(args, format);
    send(diagnosis, LEVEL_GOOD, "", "", format, args);
    va_end(args);
}

void diagnosis_find(struct diagnosis *diagnosis, enum protocol_level level, enum verdict verdict,
                    const char *why, const char *mend, const char *format, ...) {
    va_list args;
    va_start(args, format);
    send(diagnosis, level, why, mend, format, args);
    va_end(args);
    if (level == LEVEL_WRONG && verdict_gravity(verdict) > verdict_gravity(diagnosis->gravest))
        diagnosis->gravest = verdict;
}

struct http_patience diagnosis_patience(void) {
    int64_t end = moment_boot_ms() + DIAGNOSIS_REQUEST_MS;
    return (struct http_patience){.deadline_ms = end, .linger_ms = end};
}

/* The group is looked up at each login only: a name service may not be there yet at the start. */
static void look_at_group(struct diagnosis *diagnosis, const struct login_config *login) {
    if (login->managed_group[0] != '\0' && !getgrnam(login->managed_group))
        diagnosis_find(diagnosis, LEVEL_WRONG, VERDICT_MISCONFIGURED,
                       "nobody can tell whose logins are managed, so all are refused",
                       "make the group, or mend the name service or the setting",
                       "[login] managed_group = %s: there is no such group", login->managed_group);
}

static void look_at_config(struct diagnosis *diagnosis) {
    struct visit *visit = diagnosis->visit;
    struct reason reason = {""};
    diagnosis->configured = config_load(visit->config_path, &visit->config, &reason) >= 0;
    if (!diagnosis->configured) {
        diagnosis_find(diagnosis, LEVEL_WRONG, VERDICT_MISCONFIGURED,
                       visit->config.login_known
                           ? "every login is refused, but for accounts that [login] leaves alone"
                           : "every login but root's is refused",
                       "mend what is named; see oauth-login.conf(5)", "configuration: %s",
                       reason.text);
        return;
    }
    snprintf(visit->answer.provider, sizeof visit->answer.provider, "%s",
             visit->config.provider.name);
    diagnosis_good(diagnosis, "configuration: %s and %zu drop-ins; provider %s serves logins",
                   visit->config_path, visit->config.settings.file_count - 1,
                   visit->config.provider.name);
    look_at_group(diagnosis, &visit->config.login);
}

/* The asker has told how long sshd waits; what it has to wait for is in the configuration. */
static void look_at_grace(struct diagnosis *diagnosis) {
    const struct secret *input = &diagnosis->visit->question.input;
    if (input->length == 0)
        return;
    struct protocol_reader sshd = {.at = input->data, .end = input->data + input->length};
    uint32_t grace = protocol_get_u32(&sshd);
    uint32_t deadline = protocol_get_u32(&sshd);
    bool enroll = protocol_get_u8(&sshd) != 0;
    if (!protocol_reader_done(&sshd) || grace == 0)
        return;
    uint32_t enroll_deadline = diagnosis->visit->config.login.enroll_deadline;
    if (enroll && grace <= (uint64_t) enroll_deadline + DIAGNOSIS_LOGIN_MARGIN)
        diagnosis_find(diagnosis, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                       "sshd ends the login of somebody who is still approving it elsewhere",
                       "raise LoginGraceTime in sshd_config, or lower enroll_deadline",
                       "sshd: LoginGraceTime is %u s, but an enrolment in a login may take %u s "
                       "(enroll_deadline)",
                       grace, enroll_deadline);
    if (deadline == PROTOCOL_UNSET)
        deadline = diagnosis->visit->config.login.deadline;
    if (grace <= (uint64_t) deadline + DIAGNOSIS_LOGIN_MARGIN)
        diagnosis_find(diagnosis, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                       "sshd ends a login that still waits for the provider, without a word to "
                       "the person",
                       "raise LoginGraceTime in sshd_config, or lower deadline",
                       "sshd: LoginGraceTime is %u s, but a login may wait %u s for the provider "
                       "(deadline)",
                       grace, deadline);
}

/* Enters the sandbox, and says what of it this kernel has. False when it could not be entered. */
static bool confine(struct diagnosis *diagnosis) {
    struct reason reason = {""};
    if (sandbox_enter(diagnosis->visit->config.provider.ca_file, &reason) < 0) {
        diagnosis_find(diagnosis, LEVEL_WRONG, VERDICT_FAULT,
                       "the helper does not speak to the network unconfined, so no login can",
                       "look at what denies it: a container's own filter, or memory",
                       "the sandbox: %s", reason.text);
        return false;
    }
    if (sandbox_describe(&reason))
        diagnosis_good(diagnosis, "the helper's sandbox: %s", reason.text);
    else
        diagnosis_find(diagnosis, LEVEL_WARNING, VERDICT_GRANTED,
                       "a helper that was taken over could do more than it must",
                       "use a newer kernel: Linux 5.13 has Landlock, 6.12 all of it",
                       "the helper's sandbox is not whole here: %s", reason.text);
    return true;
}

void diagnosis_run(struct visit *visit) {
    struct diagnosis diagnosis = {.visit = visit, .gravest = VERDICT_GRANTED};
    static const struct reason none = {""};
    if (!peer_send_notice(&visit->peer, DIAGNOSIS_WAIT_MS, "the provider"))
        return;
    diagnosis_look_at_rights(&diagnosis);
    look_at_config(&diagnosis);
    diagnosis_look_at_store(&diagnosis);
    if (diagnosis.configured) {
        look_at_grace(&diagnosis);
        if (confine(&diagnosis)) /* from here on no file is opened */
            diagnosis_ask_provider(&diagnosis);
    }
    record_clear(&diagnosis.record);
    for (size_t i = 0; i < diagnosis.waiting_count; i++)
        store_entry_close(&diagnosis.waiting[i].entry);
    visit_conclude(visit, diagnosis.gravest, &none);
}
