/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sshd_config.c - sshd's effective configuration.
 */
#include "sshd_config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "scoped.h"

enum { SSHD_OUTPUT_MAX = 1 << 18, SSHD_TIMEOUT_MS = 10000 };

static const char sshd_path[] = "/usr/sbin/sshd";

static bool is_yes(const char *value) {
    return strcasecmp(value, "yes") == 0;
}

/* Keywords as sshd(8) reads them, in any case: OpenSSH 10.6 prints them as the manual spells them,
 * earlier versions in lower case. */
static void take_line(const char *keyword, const char *value, struct sshd_config *ret) {
    if (strcasecmp(keyword, "UsePAM") == 0)
        ret->use_pam = is_yes(value);
    else if (strcasecmp(keyword, "KbdInteractiveAuthentication") == 0)
        ret->keyboard_interactive = is_yes(value);
    else if (strcasecmp(keyword, "PerSourcePenalties") == 0)
        ret->penalties = strcasecmp(value, "no") != 0;
    else if (strcasecmp(keyword, "LoginGraceTime") == 0)
        ret->login_grace = (uint32_t)strtoul(value, NULL, 10);
}

void sshd_config_parse(char *text, struct sshd_config *ret) {
    *ret = (struct sshd_config){.use_pam = false};
    while (text) {
        char *line = strsep(&text, "\n");
        const char *keyword = strsep(&line, " ");
        take_line(keyword, line ? line : "", ret);
    }
}

/* Executes sshd in the child: both outputs go to `out`, the input is empty, and the environment has
 * only PATH. */
static _Noreturn void become_sshd(int out) {
    char *const argv[] = {(char[]){"sshd"}, (char[]){"-T"}, NULL};
    char *const environment[] = {(char[]){"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, NULL};
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(out, STDERR_FILENO) >= 0)
        execve(sshd_path, argv, environment);
    _exit(127);
}

/* Reads to the end, and terminates the text with a NUL. Negative errno. */
static int read_all(int fd, char *text, size_t size) {
    int64_t until = clock_boot_ms() + SSHD_TIMEOUT_MS;
    size_t used = 0;

    for (;;) {
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        int64_t left = until - clock_boot_ms();
        int ready = left > 0 ? poll(&waiting, 1, (int)left) : 0;
        if (ready == 0)
            return -ETIMEDOUT;
        ssize_t got = ready > 0 ? read(fd, text + used, size - 1 - used) : -1;
        if (got < 0 && errno != EINTR)
            return -errno;
        used += got > 0 ? (size_t)got : 0;
        text[used] = '\0';
        if (got == 0)
            return 0;
        if (used == size - 1)
            return -EFBIG;
    }
}

static void keep_last_line(const char *text, char ret[SSHD_WORD_MAX]) {
    size_t length = strlen(text);

    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        length--;

    size_t begin = length;
    while (begin > 0 && text[begin - 1] != '\n')
        begin--;
    snprintf(ret, SSHD_WORD_MAX, "%.*s", (int)(length - begin), text + begin);
}

/* Runs sshd -T. Returns 0 or a negative errno; -EIO if it fails. */
static int run(char *text, size_t size) {
    int ends[2], status = 0, r = 0;

    if (access(sshd_path, X_OK) < 0)
        return -ENOENT;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    SCOPED_FD int ours = ends[0];
    SCOPED_FD int theirs = ends[1];

    pid_t sshd = fork();
    if (sshd == 0)
        become_sshd(theirs);
    if (sshd < 0)
        return -errno;

    scoped_close(&theirs);
    r = read_all(ours, text, size);
    if (r < 0)
        kill(sshd, SIGKILL);
    while (waitpid(sshd, &status, 0) < 0 && errno == EINTR)
        ;

    if (r < 0)
        return r;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int sshd_config_read(struct sshd_config *ret, char ret_last_line[SSHD_WORD_MAX]) {
    char *text = calloc(1, SSHD_OUTPUT_MAX);

    if (!text)
        return -ENOMEM;
    int r = run(text, SSHD_OUTPUT_MAX);
    if (r >= 0)
        sshd_config_parse(text, ret);
    else
        keep_last_line(text, ret_last_line);
    free(text);
    return r;
}
