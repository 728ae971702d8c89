/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack.c - whether the module's lines in a PAM stack do what they are there for: the
 * account line is always run, and its no is a no; the session's key outlives the login.
 */
#include "stack.h"

#include <stdio.h>
#include <string.h>

struct judging {
    struct report *report;
    const char *service;
    const struct pam_stack *stack;
    bool phases[PAM_PHASE_COUNT]; /* in which the module stands */
    bool spotless;
};

static const char *const phase_names[PAM_PHASE_COUNT] = {"auth", "account", "session", "password"};

static void find(struct judging *judging, size_t at, enum protocol_level level, const char *why,
                 const char *fix, const char *what) {
    const struct pam_line *line = &judging->stack->lines[at];
    judging->spotless = false;
    if (strcmp(line->file, judging->service) == 0)
        report_find(judging->report, level, VERDICT_MISCONFIGURED, why, fix, "pam.d/%s:%d: %s: %s",
                    line->file, line->number, phase_names[line->phase], what);
    else
        report_find(judging->report, level, VERDICT_MISCONFIGURED, why, fix,
                    "pam.d/%s, by way of %s:%d: %s: %s", judging->service, line->file, line->number,
                    phase_names[line->phase], what);
}

static bool has_word(const struct pam_words *words, const char *wanted) {
    for (int i = 0; i < words->count; i++)
        if (strcmp(words->word[i], wanted) == 0)
            return true;
    return false;
}

void stack_read_options(const struct pam_line *line, struct stack_options *ret) {
    *ret = (struct stack_options){.wrong = ""};
    pam_stack_split(line, &ret->words);
    options_parse(ret->words.count, ret->words.word, &ret->module, ret->wrong);
    ret->enroll_unproven = has_word(&ret->words, "enroll=unproven");
    ret->enroll = ret->enroll_unproven || has_word(&ret->words, "enroll");
}

static void judge_options(struct judging *judging, size_t at) {
    struct stack_options options;
    stack_read_options(&judging->stack->lines[at], &options);
    if (options.wrong[0] != '\0')
        find(judging, at, LEVEL_ERROR, "the module refuses every login but root's",
             "fix the option", options.wrong);
    if (options.module.assume_proven)
        find(judging, at, LEVEL_WARNING,
             "a pass is taken for a proof of who is typing: where the application has not proven "
             "the person itself, whoever types an enrolled name gets in",
             "take it out unless that is so", "option assume_proven");
    if (options.module.permissive)
        find(judging, at, LEVEL_WARNING, "refusals are logged, and everybody gets in",
             "take it out when the roll-out is done", "option permissive");
    if (options.module.nouserok)
        find(judging, at, LEVEL_WARNING, "accounts that are not enrolled get in unasked",
             "take it out when everybody is enrolled", "option nouserok");
    if (options.enroll_unproven)
        find(judging, at, LEVEL_WARNING,
             "whoever types a name is shown a code, and may have its owner approve it",
             "say enroll, and have a method proven first", "option enroll=unproven");
}

static bool refuses(int action) {
    return action == PAM_ACTION_BAD || action == PAM_ACTION_DIE;
}

/* What the control of the account line does with the module's answers. */
static void judge_control(struct judging *judging, size_t at) {
    static const int refusals[] = {PAM_VALUE_PERM_DENIED, PAM_VALUE_AUTHINFO_UNAVAIL,
                                   PAM_VALUE_SERVICE_ERR, PAM_VALUE_SYSTEM_ERR};
    static const int unloaded[] = {PAM_VALUE_OPEN_ERR, PAM_VALUE_SYMBOL_ERR,
                                   PAM_VALUE_MODULE_UNKNOWN};
    const struct pam_line *line = &judging->stack->lines[at];
    bool counts = true, loaded = !line->silent;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        counts &= refuses(line->control.action[refusals[i]]);
    for (size_t i = 0; i < sizeof unloaded / sizeof unloaded[0]; i++)
        loaded &= refuses(line->control.action[unloaded[i]]);
    if (!counts)
        find(judging, at, LEVEL_ERROR, "a refusal counts for nothing: ended accounts get in",
             "write required", "the control is not required, nor as strict");
    else if (!loaded)
        find(judging, at, LEVEL_WARNING, "everybody gets in when the module can't be loaded",
             "write: account required " DOCTOR_MODULE, "a module that is missing is skipped");
    if (counts && line->control.action[PAM_VALUE_SUCCESS] != PAM_ACTION_OK)
        find(judging, at, LEVEL_ERROR,
             "what stands behind it, such as the expiry of the account, is skipped, or a yes is "
             "none",
             "write required", "a yes is not \"ok\"");
    if (refuses(line->control.action[PAM_VALUE_IGNORE]))
        find(judging, at, LEVEL_ERROR,
             "root, and every account that is not managed, is refused: the module says ignore "
             "for them",
             "write required, or add ignore=ignore", "\"ignore\" is a refusal");
}

static void judge_bypass(struct judging *judging, size_t at, enum protocol_level level,
                         const char *why) {
    static const char *const does[] = {
        [PAM_BYPASS_NONE] = "",
        [PAM_BYPASS_END] = "may end the phase before it",
        [PAM_BYPASS_JUMP] = "may jump over it",
        [PAM_BYPASS_RESET] = "may have its answer forgotten",
    };
    char what[2 * PAM_WORD_MAX + 64];
    size_t by = 0;
    enum pam_bypass bypass = pam_stack_bypass(judging->stack, at, &by);
    if (bypass == PAM_BYPASS_NONE)
        return;
    const struct pam_line *line = &judging->stack->lines[by];
    snprintf(what, sizeof what, "%s (%s:%d) %s", line->module, line->file, line->number,
             does[bypass]);
    find(judging, at, level, why,
         bypass == PAM_BYPASS_RESET ? "take the reset out"
                                    : "put the line before every include, sufficient, done and "
                                      "jump of its phase",
         what);
}

static bool is_alone(const struct pam_stack *stack, size_t at) {
    for (size_t i = 0; i < stack->count; i++)
        if (i != at && stack->lines[i].phase == stack->lines[at].phase &&
            !stack->lines[i].substack && !pam_stack_is(stack, i, DOCTOR_MODULE))
            return false;
    return true;
}

static void judge_account(struct judging *judging, size_t at) {
    judge_control(judging, at);
    judge_bypass(judging, at, LEVEL_ERROR, "then nobody asks the provider: ended accounts get in");
    if (is_alone(judging->stack, at))
        find(judging, at, LEVEL_ERROR,
             "where it says ignore, for root above all, no line says yes, so libpam refuses",
             "add the system's own account lines behind it, or: account required pam_permit.so",
             "it is the only line of its phase");
}

static void judge_session(struct judging *judging, size_t at) {
    const struct pam_stack *stack = judging->stack;
    judge_bypass(judging, at, LEVEL_WARNING, "then the session gets no token");
    for (size_t i = at + 1; i < stack->count; i++)
        if (stack->lines[i].phase == PAM_PHASE_SESSION &&
            pam_stack_is(stack, i, "pam_keyinit.so")) {
            find(judging, at, LEVEL_ERROR,
                 "pam_keyinit.so makes another session keyring, so the token is gone from the "
                 "session",
                 "put the line behind that of pam_keyinit.so", "it stands before pam_keyinit.so");
            return;
        }
}

/* GDM unlocks screens by the stacks of its logins, and runs their account without listening. */
static bool is_gdm(const char *service) {
    static const char *const kinds[] = {"gdm-password", "gdm-fingerprint", "gdm-smartcard"};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strncmp(service, kinds[i], strlen(kinds[i])) == 0)
            return true;
    return false;
}

static void judge_auth(struct judging *judging, size_t at) {
    const struct pam_line *line = &judging->stack->lines[at];
    bool unlocks = stack_is_locker(judging->service) || is_gdm(judging->service);
    struct stack_options options;
    stack_read_options(line, &options);
    if (options.module.assume_proven && line->control.action[PAM_VALUE_SUCCESS] == PAM_ACTION_DONE)
        find(judging, at, LEVEL_ERROR,
             "whoever types the name of an enrolled account gets in, without a password",
             "write required, behind the lines that prove the person",
             "a pass with assume_proven ends the phase");
    else if (!refuses(line->control.action[PAM_VALUE_AUTH_ERR]))
        find(judging, at, unlocks ? LEVEL_ERROR : LEVEL_WARNING,
             unlocks ? "a refusal counts for nothing: screens are unlocked after the account ended"
                     : "a refusal counts for nothing until the account phase",
             "write required", "the control is not required, nor as strict");
    if (unlocks)
        judge_bypass(judging, at, LEVEL_ERROR,
                     "then nobody asks the provider: screens are unlocked after the account ended");
}

/* pam_sm_chauthtok is not there: libpam takes it for a failure. */
static void judge_password(struct judging *judging, size_t at) {
    find(judging, at, LEVEL_ERROR,
         "the module has nothing to do with passwords: changing one fails", "take the line out",
         "it does not belong there");
}

/* A name with the letters of the module's that is not it, such as pam-oauth-login.so. */
static bool is_misspelt(const struct pam_stack *stack, size_t at) {
    static const char meant[] = "oauthlogin";
    char letters[PAM_WORD_MAX];
    size_t used = 0;
    for (const char *c = stack->lines[at].module; *c != '\0'; c++)
        if (*c == '/')
            used = 0;
        else if (*c >= 'a' && *c <= 'z')
            letters[used++] = *c;
    letters[used] = '\0';
    return strstr(letters, meant) && !pam_stack_is(stack, at, DOCTOR_MODULE);
}

bool stack_has_module(const struct pam_stack *stack) {
    for (size_t i = 0; i < stack->count; i++)
        if (pam_stack_is(stack, i, DOCTOR_MODULE) || is_misspelt(stack, i))
            return true;
    return false;
}

static void judge_misspelt(struct judging *judging, size_t at) {
    judging->phases[judging->stack->lines[at].phase] = true;
    find(judging, at, LEVEL_ERROR,
         "libpam can't load it, and nobody passes the line, root neither; keep a root session open",
         "write " DOCTOR_MODULE, "there is no module of that name");
}

static void judge_line(struct judging *judging, size_t at) {
    static void (*const judges[PAM_PHASE_COUNT])(struct judging * judging, size_t at) = {
        [PAM_PHASE_AUTH] = judge_auth,
        [PAM_PHASE_ACCOUNT] = judge_account,
        [PAM_PHASE_SESSION] = judge_session,
        [PAM_PHASE_PASSWORD] = judge_password,
    };
    const struct pam_line *line = &judging->stack->lines[at];
    judging->phases[line->phase] = true;
    if (line->unread)
        return; /* said for every line, below */
    judges[line->phase](judging, at);
    judge_options(judging, at);
}

bool stack_is_locker(const char *service) {
    static const char *const lockers[] = {"gtklock", "hyprlock",          "i3lock",      "kde",
                                          "slock",   "swaylock",          "vlock",       "waylock",
                                          "xlock",   "xfce4-screensaver", "xscreensaver"};
    for (size_t i = 0; i < sizeof lockers / sizeof lockers[0]; i++)
        if (strcmp(service, lockers[i]) == 0)
            return true;
    return false;
}

static void judge_whole(struct judging *judging, size_t first) {
    const struct pam_stack *stack = judging->stack;
    for (size_t i = 0; i < stack->count; i++)
        if (stack->lines[i].unread)
            find(judging, i, LEVEL_ERROR, "libpam takes it for a line that always fails",
                 "fix the line; see pam.conf(5)", "the line can't be understood");
    if (stack->missing[0] != '\0')
        report_find(judging->report, LEVEL_ERROR, VERDICT_MISCONFIGURED,
                    "libpam then fails the whole service", "fix the include",
                    "pam.d/%s: includes %s, which is not there", judging->service, stack->missing);
    if (judging->phases[PAM_PHASE_AUTH] && !judging->phases[PAM_PHASE_ACCOUNT] &&
        !stack_is_locker(judging->service))
        find(judging, first, LEVEL_ERROR,
             "sshd runs auth neither for keys nor for certificates, sudo not on a cached "
             "timestamp: nobody asks the provider then",
             "add, first in its phase: account required " DOCTOR_MODULE,
             "there is no account line");
    else if (!judging->phases[PAM_PHASE_ACCOUNT] && strcmp(judging->service, "systemd-user") != 0)
        find(judging, first, LEVEL_WARNING,
             "sessions get the token, but no login here is decided by the provider",
             "add, first in its phase: account required " DOCTOR_MODULE,
             "there is no account line");
    if (is_gdm(judging->service) && !judging->phases[PAM_PHASE_AUTH])
        find(judging, first, LEVEL_WARNING,
             "GDM unlocks a screen whatever account says: after the account ended, too",
             "add, behind the lines that prove the person: auth required " DOCTOR_MODULE,
             "there is no auth line");
}

void stack_judge(struct report *report, const char *service, const struct pam_stack *stack) {
    struct judging judging = {
        .report = report, .service = service, .stack = stack, .spotless = true};
    size_t first = stack->count;
    for (size_t i = 0; i < stack->count; i++) {
        bool misspelt = is_misspelt(stack, i);
        if (!misspelt && !pam_stack_is(stack, i, DOCTOR_MODULE))
            continue;
        first = first < i ? first : i;
        (misspelt ? judge_misspelt : judge_line)(&judging, i);
    }
    if (first == stack->count)
        return;
    judge_whole(&judging, first);
    if (judging.spotless && stack->missing[0] == '\0')
        report_good(report, "pam.d/%s: the module is always asked, and its answer counts%s",
                    service, judging.phases[PAM_PHASE_SESSION] ? "; sessions get the token" : "");
}
