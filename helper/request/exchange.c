/*
 * visit.c - one question from its arrival to its answer: who may ask, by which configuration,
 * and which use case answers.
 */
#include "exchange.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "login.h"
#include "person_message.h"
#include "clock.h"
#include "renewal.h"

enum asker {
    ASKER_OWNER, /* root, and the account's own user */
    ASKER_ROOT,
};

/* What a use case can't begin without. */
enum need {
    NEED_ACCOUNT, /* and the configuration */
    NEED_CONFIG,
    NEED_NOTHING, /* it looks at the configuration itself */
};

static const struct use_case {
    enum protocol_operation operation;
    enum asker asker;
    enum need need;
    void (*run)(struct visit *visit);
} use_cases[] = {
    {OPERATION_VERIFY, ASKER_OWNER, NEED_ACCOUNT, login_verify},
    {OPERATION_TOKEN, ASKER_ROOT, NEED_ACCOUNT, login_token},
    {OPERATION_FRESH_TOKEN, ASKER_OWNER, NEED_ACCOUNT, session_token},
    {OPERATION_WATCH, ASKER_ROOT, NEED_ACCOUNT, session_watch},
    {OPERATION_LOGOUT, ASKER_ROOT, NEED_ACCOUNT, session_logout},
    {OPERATION_ENROLL, ASKER_OWNER, NEED_ACCOUNT, enroll_by_device},
    {OPERATION_BROWSER, ASKER_OWNER, NEED_ACCOUNT, enroll_by_browser},
    {OPERATION_IMPORT, ASKER_ROOT, NEED_ACCOUNT, import_grant},
    {OPERATION_UNENROLL, ASKER_OWNER, NEED_ACCOUNT, unenroll_account},
    {OPERATION_FORGET, ASKER_ROOT, NEED_ACCOUNT, unenroll_forget},
    {OPERATION_STATUS, ASKER_OWNER, NEED_ACCOUNT, listing_status},
    {OPERATION_LIST, ASKER_ROOT, NEED_CONFIG, listing_list},
    {OPERATION_DOCTOR, ASKER_ROOT, NEED_NOTHING, diagnosis_run},
};

enum verdict visit_conclude(struct visit *visit, enum verdict verdict,
                            const struct reason *reason) {
    struct reason copy = *reason; /* may be the answer's own */
    visit->answer.verdict = verdict;
    visit->answer.reason = copy;
    return verdict;
}

void visit_conclude_late(struct visit *visit) {
    struct reason reason;
    reason_set(&reason, 0, "%s did not answer within %u s", visit->config.provider.name,
               visit->config.login.deadline);
    visit_conclude(visit, VERDICT_UNREACHABLE, &reason);
}

void visit_answer(struct visit *visit) {
    if (visit->answered)
        return;
    message_compose(visit);
    peer_send_answer(&visit->peer, &visit->answer);
    visit->answered = true;
}

struct http_patience visit_patience(const struct visit *visit, void (*on_deadline)(void *context),
                                    void *context) {
    return (struct http_patience){
        .deadline_ms = visit->deadline_ms,
        .linger_ms = visit->deadline_ms > moment_boot_ms() + RENEWAL_LINGER_MS
                         ? visit->deadline_ms
                         : moment_boot_ms() + RENEWAL_LINGER_MS,
        .on_deadline = on_deadline,
        .context = context,
    };
}

static const struct use_case *find_use_case(enum protocol_operation operation) {
    for (size_t i = 0; i < sizeof use_cases / sizeof use_cases[0]; i++)
        if (use_cases[i].operation == operation)
            return &use_cases[i];
    return NULL;
}

static bool may_ask(const struct visit *visit, enum asker asker) {
    return visit->peer.uid == 0 || (asker == ASKER_OWNER && visit->peer.uid == visit->account.uid);
}

static void override(uint32_t *setting, uint32_t asked) {
    if (asked != PROTOCOL_UNSET)
        *setting = asked;
}

/* Only root's options count: they come from pam.d. */
static void take_options(struct visit *visit) {
    struct login_config *login = &visit->config.login;
    if (visit->peer.uid != 0)
        return;
    override(&login->offline_grace, visit->question.offline_grace);
    override(&login->reuse_within, visit->question.reuse_within);
    override(&login->deadline, visit->question.deadline);
    if (login->deadline > PROTOCOL_DEADLINE_MAX)
        login->deadline = PROTOCOL_DEADLINE_MAX;
}

/* Who is asked about, and whether this peer may ask: NONE, or the concluded verdict. */
static enum verdict admit(struct visit *visit, const struct use_case *use_case) {
    struct reason reason = {""};
    bool named = use_case->need == NEED_ACCOUNT;
    int r = named ? account_resolve(visit->question.user, &visit->account, &reason) : 0;
    /* Before anything is looked at, and the same for a name that does not exist: another uid
     * learns nothing. */
    if (!may_ask(visit, r < 0 ? ASKER_ROOT : use_case->asker)) {
        reason_set(&reason, 0, "uid %u may not ask this; only root%s may", visit->peer.uid,
                   use_case->asker == ASKER_ROOT ? "" : " and the account's own user");
        return visit_conclude(visit, VERDICT_NOT_PERMITTED, &reason);
    }
    return r < 0 ? visit_conclude(visit, VERDICT_FAULT, &reason) : VERDICT_NONE;
}

/* The accounts that [login] leaves alone, break-glass ones above all, are left alone also when
 * something else in the configuration is wrong. */
static void conclude_misconfigured(struct visit *visit, const struct reason *why) {
    struct reason reason = {""};
    enum protocol_operation asked = visit->question.operation;
    if ((asked == OPERATION_VERIFY || asked == OPERATION_TOKEN) && visit->config.login_known &&
        account_is_managed(&visit->account, &visit->config.login, &reason) == 0)
        visit_conclude(visit, VERDICT_NOT_MANAGED, &reason);
    else
        visit_conclude(visit, VERDICT_MISCONFIGURED, why);
}

static void serve(struct visit *visit, const struct use_case *use_case) {
    struct reason reason = {""};
    int64_t started = moment_boot_ms();
    if (admit(visit, use_case) != VERDICT_NONE)
        return;
    if (use_case->need == NEED_NOTHING) {
        use_case->run(visit);
        return;
    }
    if (use_case->need == NEED_ACCOUNT && visit->account.uid == 0) {
        /* Whatever the configuration says: a mistake in it must never lock root out. */
        reason_set(&reason, 0, "uid 0 is never managed");
        visit_conclude(visit, VERDICT_NOT_MANAGED, &reason);
        return;
    }
    if (config_load(visit->config_path, &visit->config, &reason) < 0) {
        conclude_misconfigured(visit, &reason);
        return;
    }
    take_options(visit);
    snprintf(visit->answer.provider, sizeof visit->answer.provider, "%s",
             visit->config.provider.name);
    visit->deadline_ms = started + (int64_t) visit->config.login.deadline * 1000;
    /* Before anything is done: an asker that has read no notice may ask another helper. */
    if (peer_send_notice(&visit->peer, visit->config.login.deadline * 1000,
                         visit->config.provider.name))
        use_case->run(visit);
}

static void clear(struct visit *visit) {
    question_clear(&visit->question);
    config_clear(&visit->config);
    secret_clear(&visit->answer.token);
}

void visit_receive(int fd, const char *config_path, bool resident) {
    __attribute__((cleanup(clear))) struct visit visit = {
        .config_path = config_path, .resident = resident, .answer = {.verdict = VERDICT_FAULT}};
    struct reason reason;
    if (peer_open(fd, &visit.peer) < 0)
        return;
    int r = peer_read_question(&visit.peer, &visit.question);
    if (r == -ECONNRESET)
        return;
    const struct use_case *use_case = r == 0 ? find_use_case(visit.question.operation) : NULL;
    if (geteuid() == 0 || getuid() != geteuid()) {
        reason_set(&reason, 0,
                   "the helper has rights it must not have; run: chmod 0755 " OAUTH_LOGIN_HELPER);
        visit_conclude(&visit, VERDICT_FAULT, &reason);
    } else if (use_case) {
        serve(&visit, use_case);
    } else {
        reason_set(&reason, 0,
                   "the question was not understood (%s); are module, command and "
                   "helper of one version?",
                   strerror(r < 0 ? -r : EBADMSG));
        visit_conclude(&visit, VERDICT_FAULT, &reason);
    }
    visit_answer(&visit);
}
