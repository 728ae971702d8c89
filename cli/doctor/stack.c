/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack.c - checks the module's lines in a PAM stack: the account line must always run and be able
 * to refuse, and the session must keep its key.
 */
#include "stack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct judging {
    struct findings *findings;
    const char *service;
    const struct pam_stack *stack;
    bool phases[PAM_PHASE_COUNT]; /* those that have the module */
    bool spotless;                /* no problem found */
};

static const char *const phase_names[PAM_PHASE_COUNT] = {"auth", "account", "session", "password"};

/* Adds a problem of line `at`. */
static void add_problem(struct judging *judging, size_t at, enum protocol_level level,
                        const char *why, const char *fix, const char *what) {
    const struct pam_line *line = &judging->stack->lines[at];

    judging->spotless = false;
    if (strcmp(line->file, judging->service) == 0)
        findings_problem(judging->findings, level, VERDICT_MISCONFIGURED, why, fix,
                         "pam.d/%s:%d: %s: %s", line->file, line->number, phase_names[line->phase],
                         what);
    else
        findings_problem(judging->findings, level, VERDICT_MISCONFIGURED, why, fix,
                         "pam.d/%s, included %s:%d: %s: %s", judging->service, line->file,
                         line->number, phase_names[line->phase], what);
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
        add_problem(judging, at, LEVEL_ERROR, "the module refuses every login except root's",
                    "fix the option", options.wrong);
    if (options.module.assume_proven)
        add_problem(judging, at, LEVEL_WARNING,
                    "auth succeeds without a proof of who is typing: unless the application has "
                    "authenticated the user itself, anyone who types an enrolled name gets in",
                    "remove it, unless the application does so", "option assume_proven");
    if (options.module.permissive)
        add_problem(judging, at, LEVEL_WARNING, "refusals are only logged: everyone gets in",
                    "remove it when the roll-out is done", "option permissive");
    if (options.module.nouserok)
        add_problem(judging, at, LEVEL_WARNING,
                    "accounts that are not enrolled get in without asking the provider",
                    "remove it when everyone is enrolled", "option nouserok");
    if (options.enroll_unproven)
        add_problem(judging, at, LEVEL_WARNING,
                    "anyone who types a name is shown a code, and may get its owner to approve it",
                    "write enroll, after a line that authenticates the user",
                    "option enroll=unproven");
}

static bool refuses(int action) {
    return action == PAM_ACTION_BAD || action == PAM_ACTION_DIE;
}

static bool refuses_all(const struct pam_line *line, const enum pam_value values[], size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!refuses(line->control.action[values[i]]))
            return false;
    return true;
}

/* Checks what the control of the account line does with the values that the module returns. */
static void judge_control(struct judging *judging, size_t at) {
    static const enum pam_value refusals[] = {PAM_VALUE_PERM_DENIED, PAM_VALUE_AUTHINFO_UNAVAIL,
                                              PAM_VALUE_SERVICE_ERR, PAM_VALUE_SYSTEM_ERR};
    static const enum pam_value unloaded[] = {PAM_VALUE_OPEN_ERR, PAM_VALUE_SYMBOL_ERR,
                                              PAM_VALUE_MODULE_UNKNOWN};
    const struct pam_line *line = &judging->stack->lines[at];
    bool counts = refuses_all(line, refusals, sizeof refusals / sizeof refusals[0]);
    bool loaded =
        !line->silent && refuses_all(line, unloaded, sizeof unloaded / sizeof unloaded[0]);

    if (!counts)
        add_problem(judging, at, LEVEL_ERROR,
                    "a refusal has no effect: users of closed accounts get in", "write required",
                    "the control is weaker than required");
    else if (!loaded)
        add_problem(judging, at, LEVEL_WARNING, "everyone gets in when the module can't be loaded",
                    "write: account required " DOCTOR_MODULE, "a missing module is skipped");
    if (counts && line->control.action[PAM_VALUE_SUCCESS] != PAM_ACTION_OK)
        add_problem(judging, at, LEVEL_ERROR,
                    "a success skips the lines after it, such as the check of the account's "
                    "expiry, or does not count as a success",
                    "write required", "success is not \"ok\"");
    if (refuses(line->control.action[PAM_VALUE_IGNORE]))
        add_problem(judging, at, LEVEL_ERROR,
                    "root and all accounts that are not managed are refused: the module returns "
                    "ignore for them",
                    "write required, or add ignore=ignore", "ignore counts as a refusal");
}

static void judge_bypass(struct judging *judging, size_t at, enum protocol_level level,
                         const char *why) {
    static const char *const does[] = {
        [PAM_BYPASS_NONE] = "",
        [PAM_BYPASS_END] = "may end the phase before it",
        [PAM_BYPASS_JUMP] = "may jump over it",
        [PAM_BYPASS_RESET] = "may reset its result",
    };
    char what[2 * PAM_WORD_MAX + 64];
    size_t by = 0;

    enum pam_bypass bypass = pam_stack_bypass(judging->stack, at, &by);
    if (bypass == PAM_BYPASS_NONE)
        return;

    const struct pam_line *line = &judging->stack->lines[by];
    snprintf(what, sizeof what, "%s (%s:%d) %s", line->module, line->file, line->number,
             does[bypass]);
    add_problem(judging, at, level, why,
                bypass == PAM_BYPASS_RESET
                    ? "remove the reset"
                    : "move the line before every include, sufficient, done and jump of its phase",
                what);
}

/* Tells whether line `at` is the only one of its phase that can succeed for root. */
static bool is_alone(const struct pam_stack *stack, size_t at) {
    for (size_t i = 0; i < stack->count; i++)
        if (i != at && stack->lines[i].phase == stack->lines[at].phase &&
            !stack->lines[i].substack && !pam_stack_is(stack, i, DOCTOR_MODULE))
            return false;
    return true;
}

static void judge_account(struct judging *judging, size_t at) {
    judge_control(judging, at);
    judge_bypass(judging, at, LEVEL_ERROR,
                 "the provider is not asked then: users of closed accounts get in");
    if (is_alone(judging->stack, at))
        add_problem(judging, at, LEVEL_ERROR,
                    "where the module returns ignore, above all for root, no line succeeds, so "
                    "libpam refuses the login",
                    "add the system's own account lines after it, or: account required "
                    "pam_permit.so",
                    "it is the only line of its phase");
}

static void judge_session(struct judging *judging, size_t at) {
    const struct pam_stack *stack = judging->stack;

    judge_bypass(judging, at, LEVEL_WARNING, "the session gets no token then");
    for (size_t i = at + 1; i < stack->count; i++)
        if (stack->lines[i].phase == PAM_PHASE_SESSION &&
            pam_stack_is(stack, i, "pam_keyinit.so")) {
            add_problem(judging, at, LEVEL_ERROR,
                        "pam_keyinit.so replaces the session keyring, so the session loses its "
                        "token",
                        "move the line after pam_keyinit.so", "it comes before pam_keyinit.so");
            return;
        }
}

/* GDM unlocks screens by the stacks of its logins, and ignores their account phase. */
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
        add_problem(judging, at, LEVEL_ERROR,
                    "anyone who types the name of an enrolled account gets in without a password",
                    "write required, after the lines that authenticate the user",
                    "a success with assume_proven ends the phase");
    else if (!refuses(line->control.action[PAM_VALUE_AUTH_ERR]))
        add_problem(judging, at, unlocks ? LEVEL_ERROR : LEVEL_WARNING,
                    unlocks ? "a refusal has no effect: users of closed accounts unlock screens"
                            : "a refusal has no effect until the account phase",
                    "write required", "the control is weaker than required");
    if (unlocks)
        judge_bypass(judging, at, LEVEL_ERROR,
                     "the provider is not asked then: users of closed accounts unlock screens");
}

/* The module has no pam_sm_chauthtok, which libpam treats as a failure. */
static void judge_password(struct judging *judging, size_t at) {
    add_problem(judging, at, LEVEL_ERROR,
                "the module can't change passwords, so changing one fails", "remove the line",
                "the module does not belong in this phase");
}

/* Tells whether the name is a misspelling of the module's name, with the same letters, such as
 * pam-oauth-login.so. */
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
    add_problem(judging, at, LEVEL_ERROR,
                "libpam can't load it, so the line refuses everyone, including root; keep a root "
                "session open",
                "write " DOCTOR_MODULE, "there is no module of that name");
}

typedef void (*judge)(struct judging *judging, size_t at);

static void judge_line(struct judging *judging, size_t at) {
    static const judge judges[PAM_PHASE_COUNT] = {
        [PAM_PHASE_AUTH] = judge_auth,
        [PAM_PHASE_ACCOUNT] = judge_account,
        [PAM_PHASE_SESSION] = judge_session,
        [PAM_PHASE_PASSWORD] = judge_password,
    };
    const struct pam_line *line = &judging->stack->lines[at];

    judging->phases[line->phase] = true;
    if (line->unparsable)
        return; /* judge_whole reports it */
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

/* Checks that the module is in all phases where it must be. `first`: its first line. */
static void judge_phases(struct judging *judging, size_t first) {
    bool auth = judging->phases[PAM_PHASE_AUTH], account = judging->phases[PAM_PHASE_ACCOUNT];

    if (auth && !account && !stack_is_locker(judging->service))
        add_problem(judging, first, LEVEL_ERROR,
                    "sshd skips auth for keys and certificates, and sudo for a cached timestamp: "
                    "the provider is not asked then",
                    "add, as the first line of its phase: account required " DOCTOR_MODULE,
                    "there is no account line");
    else if (!account && strcmp(judging->service, "systemd-user") != 0)
        add_problem(judging, first, LEVEL_WARNING,
                    "sessions get the token, but logins do not ask the provider",
                    "add, as the first line of its phase: account required " DOCTOR_MODULE,
                    "there is no account line");
    if (is_gdm(judging->service) && !auth)
        add_problem(judging, first, LEVEL_WARNING,
                    "GDM ignores the account phase when it unlocks a screen: users of closed "
                    "accounts unlock theirs",
                    "add, after the lines that authenticate the user: auth required " DOCTOR_MODULE,
                    "there is no auth line");
}

/* Checks the stack as a whole. `first`: the first line of the module. */
static void judge_whole(struct judging *judging, size_t first) {
    const struct pam_stack *stack = judging->stack;

    for (size_t i = 0; i < stack->count; i++)
        if (stack->lines[i].unparsable)
            add_problem(judging, i, LEVEL_ERROR, "libpam treats it as a line that always fails",
                        "fix the line; see pam.conf(5)", "libpam can't parse the line");
    if (stack->missing[0] != '\0')
        findings_problem(judging->findings, LEVEL_ERROR, VERDICT_MISCONFIGURED,
                         "libpam fails every login of the service", "fix the include",
                         "pam.d/%s: includes %s, which does not exist", judging->service,
                         stack->missing);
    judge_phases(judging, first);
}

void stack_judge(struct findings *findings, const char *service, const struct pam_stack *stack) {
    struct judging judging = {
        .findings = findings, .service = service, .stack = stack, .spotless = true};
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
        findings_good(findings, "pam.d/%s: the module always runs, and its result counts%s",
                      service, judging.phases[PAM_PHASE_SESSION] ? "; sessions get the token" : "");
}
