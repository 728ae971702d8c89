/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam_control.c - the control field of a line in pam.d.
 */
#include "pam_control.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* The names of all values, indexed by libpam's numbers. */
static const char *const value_names[PAM_VALUE_COUNT] = {
    "success",
    "open_err",
    "symbol_err",
    "service_err",
    "system_err",
    "buf_err",
    "perm_denied",
    "auth_err",
    "cred_insufficient",
    "authinfo_unavail",
    "user_unknown",
    "maxtries",
    "new_authtok_reqd",
    "acct_expired",
    "session_err",
    "cred_unavail",
    "cred_expired",
    "cred_err",
    "no_module_data",
    "conv_err",
    "authtok_err",
    "authtok_recover_err",
    "authtok_lock_busy",
    "authtok_disable_aging",
    "try_again",
    "ignore",
    "abort",
    "authtok_expired",
    "module_unknown",
    "bad_item",
    "conv_again",
    "incomplete",
};

static const struct {
    const char *name;
    enum pam_action action;
} actions[] = {
    {"ignore", PAM_ACTION_IGNORE}, {"ok", PAM_ACTION_OK},   {"done", PAM_ACTION_DONE},
    {"bad", PAM_ACTION_BAD},       {"die", PAM_ACTION_DIE}, {"reset", PAM_ACTION_RESET},
};

/* The four words, as pam.conf(5) defines them. */
static const struct {
    const char *name;
    enum pam_action success, ignore, otherwise; /* new_authtok_reqd is like success */
} words[] = {
    {"required", PAM_ACTION_OK, PAM_ACTION_IGNORE, PAM_ACTION_BAD},
    {"requisite", PAM_ACTION_OK, PAM_ACTION_IGNORE, PAM_ACTION_DIE},
    {"sufficient", PAM_ACTION_DONE, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE},
    {"optional", PAM_ACTION_OK, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE},
};

static void fill(struct pam_control *control, int action) {
    for (size_t i = 0; i < PAM_VALUE_COUNT; i++)
        control->action[i] = action;
}

static bool is_word(const char *text, size_t length, const char *word) {
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

static bool parse_word(const char *text, struct pam_control *ret) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcasecmp(text, words[i].name) != 0)
            continue;
        fill(ret, words[i].otherwise);
        ret->action[PAM_VALUE_SUCCESS] = ret->action[PAM_VALUE_NEW_AUTHTOK_REQD] = words[i].success;
        ret->action[PAM_VALUE_IGNORE] = words[i].ignore;
        return true;
    }
    return false;
}

/* Parses the name of an action, or a jump. */
static bool parse_action(const char *text, size_t length, int *ret) {
    int jump = 0;

    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (!is_word(text, length, actions[i].name))
            continue;
        *ret = actions[i].action;
        return true;
    }

    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        jump = jump * 10 + (text[i] - '0');
        if (jump > PAM_JUMP_MAX)
            return false;
    }
    *ret = jump;
    return length > 0 && jump > 0;
}

/* Sets the action of a value. `set` has the values that were named, since `default` sets all
 * others. Returns false for an unknown value. */
static bool take_pair(const char *value, size_t length, int action, struct pam_control *ret,
                      bool set[PAM_VALUE_COUNT]) {
    bool other = is_word(value, length, "default");
    bool found = other;

    for (size_t i = 0; i < PAM_VALUE_COUNT; i++) {
        if (other ? set[i] : !is_word(value, length, value_names[i]))
            continue;
        ret->action[i] = action;
        set[i] = found = true;
    }
    return found;
}

static const char *skip_blanks(const char *text) {
    return text + strspn(text, " \t\n");
}

static bool parse_brackets(const char *text, struct pam_control *ret) {
    bool set[PAM_VALUE_COUNT] = {false};

    fill(ret, PAM_ACTION_BAD); /* libpam's default for values that are not named */
    for (text = skip_blanks(text + 1); *text != ']'; text = skip_blanks(text)) {
        int action = 0;
        size_t length = strcspn(text, "= \t\n]");
        const char *equals = skip_blanks(text + length);
        if (length == 0 || *equals != '=')
            return false;
        const char *word = skip_blanks(equals + 1);
        size_t size = strcspn(word, " \t\n]=");
        if (!parse_action(word, size, &action) || !take_pair(text, length, action, ret, set))
            return false;
        text = word + size;
    }
    return true;
}

bool pam_control_parse(const char *text, struct pam_control *ret) {
    return text[0] == '[' ? parse_brackets(text, ret) : parse_word(text, ret);
}
