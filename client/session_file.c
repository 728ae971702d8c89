/*
 * session_file.c - the sessions that are open. A file is lines of "key value".
 */
#include "session_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "scoped.h"

enum { FILE_MAX = 2048, SESSIONS_MAX = 16384 };

static const char directory[] = OAUTH_LOGIN_RUN "/sessions";

#define FORMAT                                                                                  \
    "account %s\nservice %s\nterminal %s\nconfig %s\nleader %d\nstarted %" PRIu64 "\nring %d\n" \
    "opened %" PRId64 "\ndue %" PRId64 "\ninterval %" PRIu32 "\n"
#define SCAN                                                                                   \
    "account %255[^\n]\nservice %255[^\n]\nterminal %63[^\n]\nconfig %255[^\n]\nleader "       \
    "%d\nstarted %" SCNu64 "\nring %d\nopened %" SCNd64 "\ndue %" SCNd64 "\ninterval %" SCNu32 \
    "\n%n"

uint64_t session_leader_started(pid_t pid) {
    char path[64], text[1024];
    uint64_t started = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    SCOPED_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (size <= 0)
        return 0;
    text[size] = '\0';
    /* proc(5): the 22nd field; the second is in parentheses and may hold anything. */
    const char *rest = strrchr(text, ')');
    if (!rest || sscanf(rest + 1,
                        " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
                        "%*d %" SCNu64,
                        &started) != 1)
        return 0;
    return started;
}

bool session_leader_lives(const struct session_file *session) {
    uint64_t started = session_leader_started(session->leader);
    return started != 0 && started == session->leader_started;
}

const char *session_file_name(const struct session_file *session,
                              char ret[SESSION_FILE_NAME_SIZE]) {
    snprintf(ret, SESSION_FILE_NAME_SIZE, "%d.%" PRIu64 ".%d", session->leader,
             session->leader_started, session->ring);
    return ret;
}

static bool is_printable(const char *text) {
    for (; *text != '\0'; text++)
        if ((unsigned char) *text < ' ' || *text == 0x7f)
            return false;
    return true;
}

/* Makes what tmpfiles.d makes at boot, since `make install` needs none. */
static int open_directory(void) {
    struct stat status;
    mkdir(OAUTH_LOGIN_RUN, 0755);
    mkdir(directory, 0700);
    SCOPED_FD int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) < 0)
        return -errno;
    if (status.st_uid != 0 || (status.st_mode & 0777) != 0700)
        return -EPERM;
    return scoped_take_fd(&fd);
}

/* An empty value is a dash: sscanf(3) knows no empty word. */
static const char *word_of(const char *text) {
    return text[0] != '\0' ? text : "-";
}

static void undash(char *word) {
    if (strcmp(word, "-") == 0)
        word[0] = '\0';
}

static int write_text(int fd, const char *text, size_t length) {
    ssize_t put = write(fd, text, length);
    if (put < 0)
        return -errno;
    return (size_t) put == length ? 0 : -ENOSPC;
}

int session_file_write(const struct session_file *session) {
    char name[SESSION_FILE_NAME_SIZE], fresh[SESSION_FILE_NAME_SIZE + 8], text[FILE_MAX];
    if (!is_printable(session->account) || !is_printable(session->service) ||
        !is_printable(session->terminal) || !is_printable(session->config))
        return -EINVAL;
    SCOPED_FD int at = open_directory();
    if (at < 0)
        return at;
    session_file_name(session, name);
    snprintf(fresh, sizeof fresh, ".%s.new", name);
    int length = snprintf(text, sizeof text, FORMAT, session->account, session->service,
                          word_of(session->terminal), word_of(session->config), session->leader,
                          session->leader_started, session->ring, session->opened, session->due,
                          session->interval);
    if (length < 0 || (size_t) length >= sizeof text)
        return -E2BIG;
    SCOPED_FD int fd =
        openat(at, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r = fd < 0 ? -errno : write_text(fd, text, (size_t) length);
    if (r >= 0 && renameat(at, fresh, at, name) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(at, fresh, 0);
    return r;
}

void session_file_remove(const struct session_file *session) {
    char name[SESSION_FILE_NAME_SIZE];
    SCOPED_FD int at = open_directory();
    if (at >= 0)
        unlinkat(at, session_file_name(session, name), 0);
}

static bool read_one(int at, const char *name, struct session_file *ret) {
    char text[FILE_MAX];
    int end = 0;
    SCOPED_FD int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (size <= 0)
        return false;
    text[size] = '\0';
    *ret = (struct session_file){.leader = 0};
    int fields =
        sscanf(text, SCAN, ret->account, ret->service, ret->terminal, ret->config, &ret->leader,
               &ret->leader_started, &ret->ring, &ret->opened, &ret->due, &ret->interval, &end);
    undash(ret->terminal);
    undash(ret->config);
    return fields == 10 && end == size;
}

int session_file_read_all(struct session_file **ret) {
    int count = 0, r = 0;
    *ret = NULL;
    SCOPED_FD int at = open_directory();
    if (at < 0)
        return at;
    int again = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again >= 0 ? fdopendir(again) : NULL;
    if (!list) {
        r = -errno;
        scoped_close(&again);
        return r;
    }
    const struct dirent *entry;
    while (r == 0 && count < SESSIONS_MAX && (entry = readdir(list))) {
        struct session_file *grown = realloc(*ret, ((size_t) count + 1) * sizeof **ret);
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
