/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_file.c - the open sessions. A file is lines of "key value".
 */
#include "session_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "clock.h"
#include "process.h"
#include "scoped.h"
#include "text.h"

enum { FILE_MAX = 2048, SESSIONS_MAX = 16384, SAME_MAX = 1024 };

static const char directory[] = OAUTH_LOGIN_RUN "/sessions";

#define FORMAT                                                                                  \
    "account %s\nservice %s\nterminal %s\nconfig %s\nleader %d\nstarted %" PRIu64 "\nring %d\n" \
    "opened %" PRId64 "\ndue %" PRId64 "\ninterval %" PRIu32 "\n"
#define SCAN                                                                                   \
    "account %255[^\n]\nservice %255[^\n]\nterminal %63[^\n]\nconfig %255[^\n]\nleader "       \
    "%d\nstarted %" SCNu64 "\nring %d\nopened %" SCNd64 "\ndue %" SCNd64 "\ninterval %" SCNu32 \
    "\n%n"

int64_t session_file_now(void) {
    return clock_boot_ms() / 1000;
}

uint64_t session_leader_started(pid_t pid) {
    struct process process;
    /* A zombie has ended, even if its parent has not waited for it yet. */
    bool ended = !process_read(pid, &process) || process.state == 'Z' || process.state == 'X';
    return ended ? 0 : process.started;
}

bool session_leader_lives(const struct session_file *session) {
    uint64_t started = session_leader_started(session->leader);
    return started != 0 && started == session->leader_started;
}

/* Accepts what sscanf(3) will read back from the file unchanged. */
bool session_file_accepts(const char *text) {
    if (text[0] == ' ')
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

/* Makes a directory of this mode, whatever the application's umask is. Does not change the mode of
 * an existing one. */
static void make_directory(const char *path, mode_t mode) {
    if (mkdir(path, mode) == 0)
        chmod(path, mode);
}

/* Makes the directories if they are missing: tmpfiles.d makes them at boot, but after `make
 * install` it may not have run yet. */
static int open_directory(void) {
    struct stat status;

    make_directory(OAUTH_LOGIN_RUN, 0755);
    make_directory(directory, 0700);
    SCOPED_FD int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (status.st_uid != 0 || (status.st_mode & 0777) != 0700)
        return -EPERM;
    return scoped_take_fd(&fd);
}

/* Locks the directory of the sessions itself, which only root can open: with a file that others can
 * open, they could hold the lock and stop every watch. */
int session_file_lock(void) {
    SCOPED_FD int fd = open_directory();
    if (fd < 0)
        return fd;
    return flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : scoped_take_fd(&fd);
}

/* Writes an empty value as a dash: sscanf(3) can't read an empty word. */
static const char *word_of(const char *text) {
    return text[0] != '\0' ? text : "-";
}

/* Undoes word_of, in place. */
static void undash(char *word) {
    if (strcmp(word, "-") == 0)
        word[0] = '\0';
}

static int write_text(int fd, const char *text, size_t length) {
    ssize_t put = write(fd, text, length);
    if (put < 0)
        return -errno;
    return (size_t)put == length ? 0 : -ENOSPC;
}

/* The two ways to write a session's file. Both write a hidden file beside it, which
 * session_file_read_all skips, then rename it in one step, so that a reader never sees half a file.
 * An update exchanges the two, which fails for a session that was removed, so it never brings one
 * back. */
static const struct method {
    const char *suffix;        /* of the hidden file */
    int open_flags;            /* for open(2) */
    unsigned int rename_flags; /* for renameat2(2) */
} adding = {"add", O_EXCL, RENAME_NOREPLACE}, updating = {"new", O_TRUNC, RENAME_EXCHANGE};

static int write_session(int fd, const struct session_file *session) {
    char text[FILE_MAX];
    if (!session_file_accepts(session->account) || !session_file_accepts(session->service) ||
        !session_file_accepts(session->terminal) || !session_file_accepts(session->config))
        return -EINVAL;

    int length = snprintf(text, sizeof text, FORMAT, session->account, session->service,
                          word_of(session->terminal), word_of(session->config), session->leader,
                          session->leader_started, session->keyring, session->opened, session->due,
                          session->interval);
    if (length < 0 || (size_t)length >= sizeof text)
        return -E2BIG;
    return write_text(fd, text, (size_t)length);
}

static int put(int at, const struct session_file *session, const struct method *method) {
    char name[SESSION_FILE_NAME_SIZE + 8];

    snprintf(name, sizeof name, ".%s.%s", session->name, method->suffix);
    SCOPED_FD int fd =
        openat(at, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | method->open_flags, 0600);
    if (fd < 0)
        return -errno;

    int r = write_session(fd, session);
    if (r >= 0 && renameat2(at, name, at, session->name, method->rename_flags) < 0)
        r = -errno;
    /* After RENAME_NOREPLACE the hidden name is free, and another thread may use it by now. */
    if (r < 0 || method->rename_flags == RENAME_EXCHANGE)
        unlinkat(at, name, 0);
    return r;
}

int session_file_add(struct session_file *session) {
    SCOPED_FD int at = open_directory();
    if (at < 0)
        return at;

    /* A process may open several sessions, one after another or at once. */
    int r = -EEXIST;
    for (int number = 1; r == -EEXIST && number <= SAME_MAX; number++) {
        snprintf(session->name, sizeof session->name, "%d.%" PRIu64 ".%d", session->leader,
                 session->leader_started, number);
        r = put(at, session, &adding);
    }
    return r;
}

int session_file_update(const struct session_file *session) {
    SCOPED_FD int at = open_directory();
    return at < 0 ? at : put(at, session, &updating);
}

void session_file_remove(const struct session_file *session) {
    SCOPED_FD int at = open_directory();
    if (at >= 0)
        unlinkat(at, session->name, 0);
}

/* Reads the file `name`; false if it is not a whole session's. */
static bool read_one(int at, const char *name, struct session_file *ret) {
    char text[FILE_MAX];
    int end = 0;

    *ret = (struct session_file){.leader = 0};
    if (!text_copy(ret->name, sizeof ret->name, name))
        return false;
    SCOPED_FD int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (size <= 0)
        return false;
    text[size] = '\0';

    int fields =
        sscanf(text, SCAN, ret->account, ret->service, ret->terminal, ret->config, &ret->leader,
               &ret->leader_started, &ret->keyring, &ret->opened, &ret->due, &ret->interval, &end);
    undash(ret->terminal);
    undash(ret->config);
    return fields == 10 && end == size;
}

int session_file_read_all(struct session_file **ret) {
    const struct dirent *entry;
    int count = 0, r = 0;

    *ret = NULL;
    SCOPED_FD int at = open_directory();
    if (at < 0)
        return at;
    /* fdopendir(3) takes the descriptor over, so it gets one of its own. */
    int again = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again >= 0 ? fdopendir(again) : NULL;
    if (!list) {
        r = -errno;
        scoped_close(&again);
        return r;
    }

    while (r == 0 && count < SESSIONS_MAX && (entry = readdir(list))) {
        struct session_file *grown = realloc(*ret, ((size_t)count + 1) * sizeof **ret);
        if (!grown) {
            r = -ENOMEM;
            break;
        }
        *ret = grown;
        if (entry->d_name[0] != '.' && read_one(at, entry->d_name, &grown[count]))
            count++;
    }

    closedir(list);
    return r < 0 ? r : count;
}
