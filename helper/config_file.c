/*
 * config_file.c - the configuration's files as a flat list of settings, parsed by libeconf.
 *
 * libeconf keeps the first of two equal keys in a file without a word, knows no lines of keys,
 * and appends a line without "=" to the value above it. All three are somebody's typing error,
 * so the text is looked through once more beside it, for lines only.
 */
#include "config_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libeconf.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "scoped.h"
#include "secret.h"

enum { CONFIG_FILE_MAX = 1 << 20, CONFIG_FILES_MAX = 100 };

#define SCOPED_ECONF __attribute__((cleanup(free_econf)))
#define SCOPED_STRINGS __attribute__((cleanup(free_strings)))

static void free_econf(econf_file **file) {
    econf_freeFile(*file);
}

static void free_strings(char ***strings) {
    if (*strings)
        econf_freeArray(*strings);
}

void settings_clear(struct settings *settings) {
    for (size_t i = 0; i < settings->count; i++) {
        free(settings->list[i].file);
        free(settings->list[i].section);
        free(settings->list[i].key);
        free(settings->list[i].value);
    }
    free(settings->list);
    *settings = (struct settings){0};
}

/* A descriptor of `path` when it is root's and nobody else's to write. */
static int open_trusted(const char *path, int flags, struct reason *reason) {
    struct stat status;
    SCOPED_FD int fd = open(path, flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return -ENOENT;
    if (fd < 0 && errno == EACCES)
        return reason_set(reason, -EACCES,
                          "the user oauth-login can't read %s; run: chmod a+r%s %s", path,
                          flags & O_DIRECTORY ? "x" : "", path);
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

static size_t skip_blanks(const char *text) {
    return strspn(text, " \t");
}

/* Whether `line` opens the section `name`. */
static bool opens_section(const char *line, const char *name) {
    line += skip_blanks(line);
    if (*line++ != '[')
        return false;
    line += skip_blanks(line);
    size_t length = strlen(name);
    return strncmp(line, name, length) == 0 && line[length + skip_blanks(line + length)] == ']';
}

static bool sets_key(const char *line, const char *key) {
    line += skip_blanks(line);
    size_t length = strlen(key);
    return strncmp(line, key, length) == 0 && line[length + skip_blanks(line + length)] == '=';
}

struct lines {
    int first, again; /* numbers, counted from 1; 0: none */
    const char *text; /* of the first */
};

/* Finds the lines that set `key` in `section`. */
static struct lines find_lines(const char *text, const char *section, const char *key) {
    struct lines found = {0};
    bool inside = false;
    int number = 0;
    for (const char *line = text; line; line = strchr(line, '\n'), line = line ? line + 1 : NULL) {
        number++;
        if (line[skip_blanks(line)] == '[') {
            inside = opens_section(line, section);
        } else if (inside && sets_key(line, key) && found.first == 0) {
            found.first = number;
            found.text = line;
        } else if (inside && sets_key(line, key) && found.again == 0) {
            found.again = number;
        }
    }
    return found;
}

/* Whether a comment begins in the middle of a word, so that it may have been meant as a value. */
static bool cuts_a_word(const char *line) {
    size_t at = strcspn(line, "#\n");
    return line[at] == '#' && at > 0 && line[at - 1] != ' ' && line[at - 1] != '\t' &&
           line[at - 1] != '=';
}

static char *trimmed(const char *text) {
    text += skip_blanks(text);
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char) text[length - 1]))
        length--;
    return strndup(text, length);
}

static int add_setting(struct settings *settings, const struct setting *from) {
    struct setting *list = reallocarray(settings->list, settings->count + 1, sizeof *list);
    if (!list)
        return -ENOMEM;
    settings->list = list;
    struct setting *added = &list[settings->count++];
    *added = (struct setting){
        .file = strdup(from->file),
        .section = strdup(from->section),
        .key = strdup(from->key),
        .value = trimmed(from->value),
        .line = from->line,
    };
    return added->file && added->section && added->key && added->value ? 0 : -ENOMEM;
}

/* One key of a parsed file. */
static int read_key(econf_file *file, const char *text, const char *group, struct setting *place,
                    struct settings *ret, struct reason *reason) {
    SCOPED_TEXT char *value = NULL;
    econf_err error = econf_getStringValue(file, group, place->key, &value);
    if (error != ECONF_SUCCESS && error != ECONF_KEY_HAS_NULL_VALUE)
        return reason_set(reason, -EINVAL, "%s: [%s] %s: %s", place->file, place->section,
                          place->key, econf_errString(error));
    place->value = value ? value : (char[1]){""};
    struct lines lines = find_lines(text, place->section, place->key);
    place->line = lines.first;
    if (lines.again > 0)
        return reason_set(reason, -EINVAL, "%s:%d: [%s] %s is already set in line %d; keep one",
                          place->file, lines.again, place->section, place->key, place->line);
    if (lines.text && cuts_a_word(lines.text))
        return reason_set(reason, -EINVAL,
                          "%s:%d: [%s] %s: a # begins a comment, and a value can't hold one; put a "
                          "blank before a comment",
                          place->file, place->line, place->section, place->key);
    if (strchr(place->value, '\n'))
        return reason_set(reason, -EINVAL,
                          "%s:%d: [%s] %s: a line below it has no \"=\"; write "
                          "KEY = VALUE, or # before a comment",
                          place->file, place->line, place->section, place->key);
    return add_setting(ret, place) < 0 ? reason_set(reason, -ENOMEM, "out of memory") : 0;
}

static int read_section(econf_file *file, const char *path, const char *text, const char *group,
                        struct settings *ret, struct reason *reason) {
    SCOPED_STRINGS char **keys = NULL;
    size_t count = 0;
    SCOPED_TEXT char *section = trimmed(group);
    if (!section || econf_getKeys(file, group, &count, &keys) != ECONF_SUCCESS)
        return 0; /* a section without keys */
    int r = 0;
    for (size_t i = 0; r >= 0 && i < count; i++) {
        struct setting place = {
            .file = (char *) (uintptr_t) path, .section = section, .key = keys[i]};
        r = read_key(file, text, group, &place, ret, reason);
    }
    return r;
}

static bool seen_before(char **groups, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (strcmp(groups[i], groups[index]) == 0)
            return true;
    return false;
}

static int read_sections(econf_file *file, const char *path, const char *text, struct settings *ret,
                         struct reason *reason) {
    SCOPED_STRINGS char **groups = NULL;
    SCOPED_STRINGS char **stray = NULL;
    size_t count = 0, strays = 0;
    int r = 0;
    if (econf_getKeys(file, NULL, &strays, &stray) == ECONF_SUCCESS && strays > 0)
        return reason_set(reason, -EINVAL,
                          "%s: %s stands before the first section; put it below "
                          "[login] or the section it belongs to",
                          path, stray[0]);
    if (econf_getGroups(file, &count, &groups) != ECONF_SUCCESS)
        return 0; /* nothing but comments */
    for (size_t i = 0; r >= 0 && i < count; i++)
        if (!seen_before(groups, i))
            r = read_section(file, path, text, groups[i], ret, reason);
    return r;
}

static int parse_file(const char *path, const char *opened, econf_file **ret,
                      struct reason *reason) {
    econf_err error = econf_readFile(ret, opened, "=", "#");
    if (error == ECONF_SUCCESS)
        return 0;
    SCOPED_TEXT char *where = NULL;
    uint64_t line = 0;
    econf_errLocation(&where, &line);
    return reason_set(reason, -EINVAL, "%s:%lu: %s", path, (unsigned long) line,
                      econf_errString(error));
}

static int read_file(const char *path, struct settings *ret, struct reason *reason) {
    SCOPED_ECONF econf_file *file = NULL;
    SCOPED_SECRET struct secret text = {0};
    char opened[64];

    SCOPED_FD int fd = open_trusted(path, 0, reason);
    if (fd == -ENOENT)
        return 0;
    if (fd < 0)
        return fd;
    int r = secret_read(&text, fd, CONFIG_FILE_MAX);
    if (r < 0)
        return reason_set(reason, r, "cannot read %s: %s", path, strerror(-r));
    if (strlen(secret_text(&text)) != text.length)
        return reason_set(reason, -EINVAL, "%s: a NUL byte in the text", path);
    snprintf(opened, sizeof opened, "/proc/self/fd/%d", fd); /* the file that was checked */
    r = parse_file(path, opened, &file, reason);
    if (r < 0)
        return r;
    ret->files++;
    return read_sections(file, path, secret_text(&text), ret, reason);
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
    int count = scandirat(fd, ".", &names, is_drop_in, alphasort);
    int r = count < 0 ? reason_set(reason, -errno, "cannot list %s: %s", directory, strerror(errno))
            : count > CONFIG_FILES_MAX ? reason_set(reason, -E2BIG, "%s holds more than %d files",
                                                    directory, CONFIG_FILES_MAX)
                                       : 0;
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
    if (ret->files == 0)
        return reason_set(reason, -ENOENT,
                          "there is no %s; an annotated one is in "
                          "/usr/share/doc/oauth-login",
                          path);
    return 0;
}
