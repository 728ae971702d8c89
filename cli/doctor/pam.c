/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pam.c - finds the PAM services whose stacks have the module, and judges each stack.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "connect.h"
#include "parts.h"
#include "scoped.h"
#include "stack.h"

enum { SERVICES_MAX = 500 };

/* libpam reads a service's file from the first of these that has it. */
static const char *const directories[] = {"/etc/pam.d", "/usr/lib/pam.d"};

/* Reads a file into allocated memory; NULL if it can't be read. */
static char *read_path(const char *path) {
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = fd >= 0 ? malloc(PAM_FILE_MAX) : NULL;
    size_t used = 0;
    ssize_t got = 1;

    while (text && got > 0 && used < PAM_FILE_MAX - 1) {
        got = read(fd, text + used, PAM_FILE_MAX - 1 - used);
        used += got > 0 ? (size_t)got : 0;
    }

    if (text && got >= 0 && used < PAM_FILE_MAX - 1) {
        text[used] = '\0';
        return text;
    }
    free(text); /* a directory, an error, or too large for a stack */
    return NULL;
}

/* Reads a file as libpam finds it: see struct pam_source. */
static char *read_stack_file(const char *name, void *context) {
    char path[PAM_WORD_MAX + 32];
    char *text = NULL;

    (void)context;
    if (name[0] == '/')
        return read_path(name);
    for (size_t i = 0; !text && i < sizeof directories / sizeof directories[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", directories[i], name);
        text = read_path(path);
    }
    return text;
}

/* Bits of enum pam_phase: the phases that a service's file has, and the phases of it that other
 * files include. */
struct phases {
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

/* Skips hidden files, and those that package managers and editors leave beside a file. */
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

/* Tells whether `service` is a variant of `of`: su-l includes su, but both are services. */
static bool is_variant(const char *service, const char *of) {
    size_t length = strlen(of);
    return strncmp(service, of, length) == 0 && service[length] == '-';
}

/* Records the phases of a service, and the phases of other services that it includes. */
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

/* Tells whether a file is only a part of others, which include every phase that it has, as
 * common-auth is. login is a service, though a screen locker includes its auth. */
static bool is_part(const struct phases *phases) {
    return phases->own != 0 && (phases->own & ~phases->included) == 0;
}

/* Reads the options of the module's lines in sshd's stack. */
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

static void judge_locker(struct findings *findings, const char *service) {
    SCOPED_FD int fd = connect_helper();
    if (fd == -ENOENT || fd == -ECONNREFUSED)
        findings_problem(
            findings, LEVEL_ERROR, VERDICT_FAULT,
            "a screen locker runs as the user, who can't start the helper, so it never unlocks",
            "systemctl enable --now oauth-login-helper.socket",
            "pam.d/%s: no resident helper listens on " OAUTH_LOGIN_SOCKET, service);
}

/* Judges a service's stack. Returns true if the module is in it. */
static bool judge_service(struct findings *findings, const char *service,
                          struct doctor_sshd *ret_sshd) {
    SCOPED_STACK struct pam_stack stack = {0};

    int r = pam_stack_read(&files, service, &stack);
    if (r == -E2BIG)
        findings_problem(findings, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                         "doctor could not check this service",
                         "check whether its files include each other",
                         "pam.d/%s: too many lines or includes", service);
    if (r < 0 || !stack_has_module(&stack))
        return false;

    stack_judge(findings, service, &stack);
    if (stack_is_locker(service))
        judge_locker(findings, service);
    if (strcmp(service, "sshd") == 0)
        take_sshd(&stack, ret_sshd);
    return true;
}

static void judge_all(struct findings *findings, struct services *services,
                      struct doctor_sshd *ret_sshd) {
    bool anywhere = false;

    for (size_t i = 0; i < services->count; i++) {
        SCOPED_STACK struct pam_stack stack = {0};
        if (pam_stack_read(&files, services->names[i], &stack) >= 0)
            mark_phases(services, i, &stack);
    }

    for (size_t i = 0; i < services->count; i++)
        if (!is_part(&services->phases[i]))
            anywhere |= judge_service(findings, services->names[i], ret_sshd);

    if (!anywhere)
        findings_problem(findings, LEVEL_WARNING, VERDICT_MISCONFIGURED, "no login asks a provider",
                         "add its lines to the services that need it; examples are in "
                         "/usr/share/doc/oauth-login/pam.d",
                         "pam.d: no service has " DOCTOR_MODULE);
    if (anywhere && !ret_sshd->used && find_service(services, "sshd") < services->count)
        findings_problem(findings, LEVEL_WARNING, VERDICT_MISCONFIGURED,
                         "SSH logins are let in without a request to the provider; an upgrade may "
                         "have replaced the file",
                         "add the lines of /usr/share/doc/oauth-login/pam.d/sshd",
                         "pam.d/sshd: it has no line of " DOCTOR_MODULE ", but other services do");
}

void doctor_look_at_pam(struct findings *findings, struct doctor_sshd *ret_sshd) {
    struct services services = {.names = calloc(SERVICES_MAX, PAM_WORD_MAX),
                                .phases = calloc(SERVICES_MAX, sizeof(struct phases))};

    *ret_sshd = (struct doctor_sshd){.deadline = PROTOCOL_UNSET};
    if (services.names && services.phases) {
        for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
            list_directory(directories[i], &services);
        qsort(services.names, services.count, PAM_WORD_MAX, compare);
        judge_all(findings, &services, ret_sshd);
    }
    free(services.names);
    free(services.phases);
}
