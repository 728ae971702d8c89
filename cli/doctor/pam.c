/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam.c - the stacks in which the module stands: found, read, and judged one by one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connect.h"
#include "parts.h"
#include "scoped.h"
#include "stack.h"

enum { SERVICES_MAX = 500 };

/* The first that has the file counts. */
static const char *const directories[] = {"/etc/pam.d", "/usr/lib/pam.d"};

static char *read_path(const char *path) {
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = fd >= 0 ? malloc(PAM_FILE_MAX) : NULL;
    size_t used = 0;
    ssize_t got = 1;
    while (text && got > 0 && used < PAM_FILE_MAX - 1) {
        got = read(fd, text + used, PAM_FILE_MAX - 1 - used);
        used += got > 0 ? (size_t) got : 0;
    }
    if (text && got >= 0 && used < PAM_FILE_MAX - 1) {
        text[used] = '\0';
        return text;
    }
    free(text); /* a directory, an error, or too much to be a stack */
    return NULL;
}

static char *read_stack_file(const char *name, void *context) {
    char path[PAM_WORD_MAX + 32];
    char *text = NULL;
    (void) context;
    if (name[0] == '/')
        return read_path(name);
    for (size_t i = 0; !text && i < sizeof directories / sizeof directories[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", directories[i], name);
        text = read_path(path);
    }
    return text;
}

struct phases { /* bits */
    unsigned int own, included;
};

struct services {
    char (*names)[PAM_WORD_MAX];
    struct phases *phases;
    size_t count;
};

static size_t find_service(const struct services *services, const char *name) {
    size_t i = 0;
    while (i < services->count && strcmp(services->names[i], name) != 0)
        i++;
    return i;
}

/* What package managers and editors leave beside a file is no service. */
static bool is_service(const char *name) {
    static const char *const leftovers[] = {"~", ".dpkg-", ".rpm", ".bak", ".orig", ".ucf-"};
    for (size_t i = 0; i < sizeof leftovers / sizeof leftovers[0]; i++)
        if (strstr(name, leftovers[i]))
            return false;
    return name[0] != '.' && strlen(name) < PAM_WORD_MAX;
}

static void list_directory(const char *path, struct services *services) {
    DIR *directory = opendir(path);
    const struct dirent *entry;
    while (directory && services->count < SERVICES_MAX && (entry = readdir(directory)))
        if (is_service(entry->d_name) && find_service(services, entry->d_name) == services->count)
            snprintf(services->names[services->count++], PAM_WORD_MAX, "%s", entry->d_name);
    if (directory)
        closedir(directory);
}

static int compare(const void *a, const void *b) {
    return strcmp(a, b);
}

static const struct pam_source files = {.read = read_stack_file};

/* su-l includes su, and sudo-i sudo, which are services all the same. */
static bool is_variant(const char *service, const char *of) {
    size_t length = strlen(of);
    return strncmp(service, of, length) == 0 && service[length] == '-';
}

static void mark_phases(struct services *services, size_t service, const struct pam_stack *stack) {
    const char *name = services->names[service];
    for (size_t i = 0; i < stack->count; i++) {
        size_t at = find_service(services, stack->lines[i].file);
        unsigned int phase = 1u << stack->lines[i].phase;
        services->phases[service].own |= phase;
        if (at < services->count && at != service && !is_variant(name, services->names[at]))
            services->phases[at].included |= phase;
    }
}

/* A file of which others include every phase is no service of its own: common-auth is none, but
 * login, whose auth a screen locker includes, is one. */
static bool is_part(const struct phases *phases) {
    return phases->own != 0 && (phases->own & ~phases->included) == 0;
}

static void take_sshd(const struct pam_stack *stack, struct doctor_sshd *ret) {
    for (size_t i = 0; i < stack->count; i++) {
        struct stack_options options;
        if (!pam_stack_is(stack, i, DOCTOR_MODULE))
            continue;
        stack_read_options(&stack->lines[i], &options);
        ret->used = true;
        ret->enroll |= options.enroll;
        if (options.module.deadline != PROTOCOL_UNSET)
            ret->deadline = options.module.deadline;
    }
}

static void judge_locker(struct report *report, const char *service) {
    SCOPED_FD int fd = connect_helper();
    if (fd == -ENOENT || fd == -ECONNREFUSED)
        report_find(report, LEVEL_ERROR, VERDICT_FAULT,
                    "it runs as the user, who can't start the helper: no screen is unlocked",
                    "systemctl enable --now oauth-login-helper.socket",
                    "pam.d/%s: no resident helper listens on " OAUTH_LOGIN_SOCKET, service);
}

static bool judge_service(struct report *report, const char *service,
                          struct doctor_sshd *ret_sshd) {
    SCOPED_STACK struct pam_stack stack = {0};
    int r = pam_stack_read(&files, service, &stack);
    if (r == -E2BIG)
        report_find(report, LEVEL_WARNING, VERDICT_MISCONFIGURED, "it could not be judged",
                    "do its files include each other?", "pam.d/%s: too many lines or includes",
                    service);
    if (r < 0 || !stack_has_module(&stack))
        return false;
    stack_judge(report, service, &stack);
    if (stack_is_locker(service))
        judge_locker(report, service);
    if (strcmp(service, "sshd") == 0)
        take_sshd(&stack, ret_sshd);
    return true;
}

static void judge_all(struct report *report, struct services *services,
                      struct doctor_sshd *ret_sshd) {
    bool anywhere = false;
    for (size_t i = 0; i < services->count; i++) {
        SCOPED_STACK struct pam_stack stack = {0};
        if (pam_stack_read(&files, services->names[i], &stack) >= 0)
            mark_phases(services, i, &stack);
    }
    for (size_t i = 0; i < services->count; i++)
        if (!is_part(&services->phases[i]))
            anywhere |= judge_service(report, services->names[i], ret_sshd);
    if (!anywhere)
        report_find(report, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                    "no login is decided by a provider",
                    "put its lines into the services that are to ask: examples are in "
                    "/usr/share/doc/oauth-login/pam.d",
                    "pam.d: no service has " DOCTOR_MODULE);
}

void doctor_look_at_pam(struct report *report, struct doctor_sshd *ret_sshd) {
    struct services services = {.names = calloc(SERVICES_MAX, PAM_WORD_MAX),
                                .phases = calloc(SERVICES_MAX, sizeof(struct phases))};
    *ret_sshd = (struct doctor_sshd){.deadline = PROTOCOL_UNSET};
    if (services.names && services.phases) {
        for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
            list_directory(directories[i], &services);
        qsort(services.names, services.count, PAM_WORD_MAX, compare);
        judge_all(report, &services, ret_sshd);
    }
    free(services.names);
    free(services.phases);
}
