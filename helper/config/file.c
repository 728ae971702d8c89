/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.c - reads the configuration's files into a flat list of settings.
 */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "scoped.h"
#include "secret.h"

enum { CONFIG_FILE_MAX = 1 << 20, CONFIG_FILES_MAX = 100 };

void settings_clear(struct settings *settings) {
    for (size_t i = 0; i < settings->file_count; i++) {
        free(settings->files[i].path);
        free(settings->files[i].text);
    }
    free(settings->files);
    free(settings->list);
    *settings = (struct settings){0};
}

/* Opens `path` if it belongs to root and only root can write to it. */
static int open_trusted(const char *path, int flags, struct reason *reason) {
    struct stat status;

    SCOPED_FD int fd = open(path, flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return -ENOENT;
    if (fd < 0 && errno == EACCES)
        return reason_set(
            reason, -EACCES,
            "the user oauth-login can't read %s: it needs permission r on it and x on "
            "the directories above (modes 0644 and 0755)",
            path);
    if (fd < 0 || fstat(fd, &status) < 0)
        return reason_set(reason, -errno, "cannot open %s: %s", path, strerror(errno));

    if (!(flags & O_DIRECTORY) && !S_ISREG(status.st_mode))
        return reason_set(reason, -EPERM, "%s is not a regular file", path);
    if (status.st_uid != 0)
        return reason_set(reason, -EPERM, "%s belongs to uid %u, not to root; run: chown root %s",
                          path, status.st_uid, path);
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return reason_set(reason, -EPERM, "%s is writable by others; run: chmod go-w %s", path,
                          path);
    return scoped_take_fd(&fd);
}

static int add_file(struct settings *settings, const char *path, const struct secret *text) {
    struct settings_file *files =
        reallocarray(settings->files, settings->file_count + 1, sizeof *files);
    if (!files)
        return -ENOMEM;
    settings->files = files;
    struct settings_file *added = &files[settings->file_count++];
    *added = (struct settings_file){.path = strdup(path), .text = strdup(secret_text(text))};
    return added->path && added->text ? 0 : -ENOMEM;
}

static int add_setting(struct settings *settings, const struct setting *setting) {
    if (settings->count == settings->capacity) {
        size_t capacity = settings->capacity ? 2 * settings->capacity : 64;
        struct setting *list = reallocarray(settings->list, capacity, sizeof *list);
        if (!list)
            return -ENOMEM;
        settings->list = list;
        settings->capacity = capacity;
    }
    settings->list[settings->count++] = *setting;
    return 0;
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts blanks off both ends of the text between `text` and `end`. */
static char *trim(char *text, char *end) {
    while (text < end && is_blank(*text))
        text++;
    while (end > text && is_blank(end[-1]))
        end--;
    *end = '\0';
    return text;
}

/* Cuts a comment off the line: it begins with a "#" at the start of the line or after a blank. */
static void cut_comment(char *line) {
    for (char *at = line; *at != '\0'; at++) {
        if (*at != '#' || (at > line && !is_blank(at[-1])))
            continue;
        *at = '\0';
        return;
    }
}

/* Takes a line; returns NULL, or what is wrong with it. `setting` keeps the section that the next
 * lines belong to. */
static const char *take_line(char *line, struct setting *setting, struct settings *settings) {
    cut_comment(line);
    line = trim(line, line + strlen(line));
    char *end = line + strlen(line);
    if (line == end)
        return NULL;

    if (line[0] == '[') {
        if (end[-1] != ']')
            return "a section is [NAME], with both brackets";
        setting->section = trim(line + 1, end - 1);
        return setting->section[0] != '\0' ? NULL : "a section without a name";
    }

    char *equals = strchr(line, '=');
    if (!equals || equals == line)
        return "neither [SECTION] nor KEY = VALUE; a comment begins with #";
    setting->value = trim(equals + 1, end);
    setting->key = trim(line, equals);
    if (strpbrk(setting->key, " \t"))
        return "a key is one word, without blanks";
    if (!setting->section)
        return "a key before the first section; put it below [login] or where it belongs";
    return add_setting(settings, setting) < 0 ? "out of memory" : NULL;
}

static int compare(const void *a, const void *b) {
    const struct setting *one = *(const struct setting *const *)a;
    const struct setting *other = *(const struct setting *const *)b;
    int order = strcmp(one->section, other->section);
    if (order == 0)
        order = strcmp(one->key, other->key);
    return order != 0 ? order : one->line - other->line;
}

/* Refuses a key that is set twice in the settings from `first` on, which are those of one file. */
static int check_once(const struct settings *settings, size_t first, struct reason *reason) {
    size_t count = settings->count - first;
    const struct setting **sorted = calloc(count + 1, sizeof(struct setting *));
    if (!sorted)
        return reason_set(reason, -ENOMEM, "out of memory");

    for (size_t i = 0; i < count; i++)
        sorted[i] = &settings->list[first + i];
    qsort(sorted, count, sizeof(struct setting *), compare);

    int r = 0;
    for (size_t i = 1; r == 0 && i < count; i++) {
        const struct setting *one = sorted[i - 1], *other = sorted[i];
        if (strcmp(one->section, other->section) == 0 && strcmp(one->key, other->key) == 0)
            r = reason_set(reason, -EINVAL,
                           "%s:%d: [%s] %s is already set in line %d; keep one of them",
                           other->file, other->line, other->section, other->key, one->line);
    }
    free(sorted);
    return r;
}

static int parse(const struct settings_file *file, struct settings *ret, struct reason *reason) {
    struct setting setting = {.file = file->path};
    size_t first = ret->count;
    char *rest = file->text;

    while (rest) {
        char *line = strsep(&rest, "\n");
        setting.line++;
        const char *wrong = take_line(line, &setting, ret);
        if (wrong)
            return reason_set(reason, -EINVAL, "%s:%d: %s", file->path, setting.line, wrong);
    }

    return check_once(ret, first, reason);
}

static int read_file(const char *path, struct settings *ret, struct reason *reason) {
    SCOPED_SECRET struct secret text = {0};

    SCOPED_FD int fd = open_trusted(path, 0, reason);
    if (fd == -ENOENT)
        return 0;
    if (fd < 0)
        return fd;

    int r = secret_read(&text, fd, CONFIG_FILE_MAX);
    if (r < 0)
        return reason_set(reason, r, "cannot read %s: %s", path, strerror(-r));
    if (strlen(secret_text(&text)) != text.length)
        return reason_set(reason, -EINVAL, "%s: a NUL byte in the text; remove it", path);

    r = add_file(ret, path, &text);
    if (r < 0)
        return reason_set(reason, r, "out of memory");
    return parse(&ret->files[ret->file_count - 1], ret, reason);
}

static int is_drop_in(const struct dirent *entry) {
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int read_drop_ins(const char *path, struct settings *ret, struct reason *reason) {
    struct dirent **names = NULL;
    char directory[PATH_MAX], whole[PATH_MAX + NAME_MAX + 2];

    snprintf(directory, sizeof directory, "%s.d", path);
    SCOPED_FD int fd = open_trusted(directory, O_DIRECTORY, reason);
    if (fd == -ENOENT)
        return 0;
    if (fd < 0)
        return fd;

    int r = 0;
    int count = scandirat(fd, ".", &names, is_drop_in, alphasort);
    if (count < 0)
        r = reason_set(reason, -errno, "cannot list %s: %s", directory, strerror(errno));
    else if (count > CONFIG_FILES_MAX)
        r = reason_set(reason, -E2BIG, "%s holds more than %d files", directory, CONFIG_FILES_MAX);

    for (int i = 0; i < count; i++) {
        snprintf(whole, sizeof whole, "%s/%s", directory, names[i]->d_name);
        if (r >= 0)
            r = read_file(whole, ret, reason);
        free(names[i]);
    }
    free(names);
    return r;
}

int settings_read(const char *path, struct settings *ret, struct reason *reason) {
    int r = read_file(path, ret, reason);
    if (r >= 0)
        r = read_drop_ins(path, ret, reason);
    if (r < 0)
        return r;
    if (ret->file_count == 0)
        return reason_set(reason, -ENOENT,
                          "there is no %s; copy the annotated example from "
                          "/usr/share/doc/oauth-login",
                          path);
    return 0;
}

const char *settings_section_name(const char *section, const char *kind) {
    size_t length = strlen(kind);
    if (strncmp(section, kind, length) != 0 || section[length] != ' ')
        return NULL;
    return section + length + 1;
}
