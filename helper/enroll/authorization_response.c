/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * authorization_response.c - parses the requests that come to the loopback redirect.
 */
#include "authorization_response.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct parameter {
    const char *name;
    size_t offset; /* of its value in struct authorization_response */
} parameters[] = {
    {"code", offsetof(struct authorization_response, code)},
    {"state", offsetof(struct authorization_response, state)},
    {"iss", offsetof(struct authorization_response, issuer)},
    {"error", offsetof(struct authorization_response, error)},
    {"error_description", offsetof(struct authorization_response, description)},
};

enum { PARAMETER_COUNT = sizeof parameters / sizeof parameters[0] };

void authorization_response_clear(struct authorization_response *response) {
    for (size_t i = 0; i < PARAMETER_COUNT; i++)
        secret_clear((struct secret *)((char *)response + parameters[i].offset));
}

/* Cuts off the line at `*rest`, which ends with CRLF, and moves `*rest` past it. NULL when there is
 * no line left, or it contains a control character other than a tab (RFC 9112 section 2.2). */
static char *take_line(char **rest) {
    char *line = *rest;
    char *end = strstr(line, "\r\n");

    if (!end)
        return NULL;
    *end = '\0';
    *rest = end + 2;
    for (const char *at = line; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' && *at != '\t')
            return NULL;
    return line;
}

static bool is_our_host(const char *value, uint32_t port) {
    static const char *const names[] = {"127.0.0.1", "localhost"};

    value += strspn(value, " \t");
    size_t length = strcspn(value, " \t");
    if (value[length + strspn(value + length, " \t")] != '\0')
        return false;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char ours[32];
        int size = snprintf(ours, sizeof ours, "%s:%u", names[i], port);
        if (length == (size_t)size && strncasecmp(value, ours, length) == 0)
            return true;
    }
    return false;
}

/* Reads the headers up to the empty line. Returns whether there is exactly one Host header, and it
 * is ours. */
static bool check_headers(char *rest, uint32_t port) {
    unsigned int hosts = 0;
    bool ours = false;
    char *line;

    while ((line = take_line(&rest)) && line[0] != '\0') {
        size_t name = strcspn(line, ": \t");
        if (name == 0 || line[name] != ':')
            return false;
        if (name == 4 && strncasecmp(line, "host", 4) == 0) {
            hosts++;
            ours = is_our_host(line + name + 1, port);
        }
    }
    return line && hosts == 1 && ours;
}

static int hex_digit(char digit) {
    static const char digits[] = "0123456789abcdefABCDEF";
    const char *found = digit != '\0' ? strchr(digits, digit) : NULL;
    int value = found ? (int)(found - digits) : -1;

    return value < 16 ? value : value - 6;
}

/* Decodes a form-encoded value of `length` bytes. False for a broken escape or a NUL. */
static bool decode(const char *text, size_t length, struct secret *ret) {
    for (size_t i = 0; i < length; i++) {
        char byte = text[i] == '+' ? ' ' : text[i];
        if (text[i] == '%') {
            int high = i + 2 < length ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < length ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            byte = (char)(high << 4 | low);
            i += 2;
        }
        if (byte == '\0' || secret_append(ret, &byte, 1, AUTHORIZATION_HEAD_MAX) < 0)
            return false;
    }
    return true;
}

/* Takes NAME=VALUE of `length` bytes if it is a known parameter. False when its value is malformed,
 * or it occurs for the second time (RFC 6749 section 3.1). */
static bool take_parameter(const char *pair, size_t length, struct authorization_response *ret) {
    const char *equals = memchr(pair, '=', length);
    size_t name = equals ? (size_t)(equals - pair) : length;

    for (size_t i = 0; i < PARAMETER_COUNT; i++) {
        struct secret *value = (struct secret *)((char *)ret + parameters[i].offset);
        if (strlen(parameters[i].name) != name || strncmp(pair, parameters[i].name, name) != 0)
            continue;
        return value->length == 0 && (!equals || decode(equals + 1, length - name - 1, value));
    }
    return true;
}

/* Takes the parameters of the query. False unless they are an authorization response. */
static bool take_query(const char *query, struct authorization_response *ret) {
    for (;;) {
        size_t length = strcspn(query, "&");
        if (!take_parameter(query, length, ret))
            return false;
        if (query[length] == '\0')
            break;
        query += length + 1;
    }
    return ret->state.length > 0 && (ret->code.length > 0) != (ret->error.length > 0);
}

/* Parses the request line, METHOD SP TARGET SP VERSION. Only GET /?QUERY HTTP/1.x is served. */
static enum authorization_response_kind read_line(char *line, struct authorization_response *ret) {
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;

    if (!version || strncmp(version, " HTTP/1.", 8) != 0 || strlen(version) != 9)
        return AUTHORIZATION_MALFORMED;
    *version = '\0';
    if (strncmp(line, "GET /?", 6) == 0 && take_query(line + 6, ret))
        return AUTHORIZATION_RESPONSE;
    authorization_response_clear(ret);
    return AUTHORIZATION_STRANGE;
}

enum authorization_response_kind authorization_response_read(const char *head, size_t size,
                                                             uint32_t port,
                                                             struct authorization_response *ret) {
    char text[AUTHORIZATION_HEAD_MAX + 1];

    if (size > AUTHORIZATION_HEAD_MAX || memchr(head, '\0', size))
        return AUTHORIZATION_MALFORMED;
    if (!memmem(head, size, "\r\n\r\n", 4))
        return size < AUTHORIZATION_HEAD_MAX ? AUTHORIZATION_UNFINISHED : AUTHORIZATION_MALFORMED;

    memcpy(text, head, size);
    text[size] = '\0';
    char *rest = text;
    char *line = take_line(&rest);
    enum authorization_response_kind kind =
        line && check_headers(rest, port) ? read_line(line, ret) : AUTHORIZATION_MALFORMED;
    explicit_bzero(text, sizeof text);
    return kind;
}
