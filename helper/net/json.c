/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.c - JSON from the network, read strictly.
 */
#include "json.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "json_ascii.h"

enum { JSON_DEPTH_MAX = 16 };

/* RFC 3629 section 4, in which json-c passes over overlong forms and surrogates. */
static bool is_utf8(const uint8_t *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        uint8_t first = text[i];
        size_t more = first < 0x80                     ? 0
                      : first >= 0xc2 && first <= 0xdf ? 1
                      : first >= 0xe0 && first <= 0xef ? 2
                      : first >= 0xf0 && first <= 0xf4 ? 3
                                                       : SIZE_MAX;
        uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        uint8_t most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        if (more >= length - i)
            return false;
        for (; more > 0; more--, least = 0x80, most = 0xbf)
            if (text[++i] < least || text[i] > most)
                return false;
    }
    return true;
}

static bool is_escaped_nul(const struct secret *text, size_t at) {
    return text->length - at >= 6 && memcmp(text->data + at, "\\u0000", 6) == 0;
}

/* What json-c lets pass even when it is strict: it keeps the last of two members of one name, takes
 * single quotes and comments, cuts a name at an escaped NUL. So the text is looked through beside
 * it: outside of strings only what JSON has there, inside no control characters, no NUL in a
 * name; and each member has one colon outside of strings, so that a count that differs from that
 * of the parsed members gives the double one away. */
static bool scan(const struct secret *text, size_t *ret_colons) {
    static const char outside[] = " \t\r\n{}[]:,0123456789+-.eEtrufalsn\"";
    bool inside = false, nul = false;
    for (size_t i = 0; i < text->length; i++) {
        char c = (char) text->data[i];
        bool allowed = inside ? text->data[i] >= 0x20 : c != '\0' && strchr(outside, c);
        if (!allowed || (!inside && c == ':' && nul))
            return false;
        if (c == '"') {
            nul = nul && inside;
            inside = !inside;
        } else if (inside && c == '\\') {
            nul = nul || is_escaped_nul(text, i);
            i++;
        } else if (!inside && c == ':') {
            ++*ret_colons;
        }
    }
    return true;
}

static size_t count_members(struct json_object *value) {
    size_t members = 0;
    if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member) {
            (void) name;
            members += 1 + count_members(member);
        }
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            members += count_members(json_object_array_get_idx(value, i));
    }
    return members;
}

/* Parses all of `text`, ASCII; NULL when json-c refuses it or memory ran out. */
static struct json_object *parse(const struct secret *text) {
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
    if (!tokener)
        return NULL;
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    SCOPED_JSON struct json_object *object =
        json_tokener_parse_ex(tokener, secret_text(text), (int) text->length);
    bool whole = json_tokener_get_error(tokener) == json_tokener_success &&
                 json_tokener_get_parse_end(tokener) == text->length;
    json_tokener_free(tokener);
    if (!whole)
        return NULL;
    struct json_object *taken = object;
    object = NULL;
    return taken;
}

struct json_object *json_parse_strict(const struct secret *text) {
    SCOPED_SECRET struct secret ascii = {0};
    size_t colons = 0;
    if (!is_utf8(text->data, text->length) || !scan(text, &colons) ||
        json_ascii(text, &ascii) < 0 || ascii.length > INT_MAX)
        return NULL;
    SCOPED_JSON struct json_object *object = parse(&ascii);
    if (!json_object_is_type(object, json_type_object) || count_members(object) != colons)
        return NULL;
    struct json_object *taken = object;
    object = NULL;
    return taken;
}

static void wipe_strings(struct json_object *value) {
    if (json_object_is_type(value, json_type_string)) {
        const char *text = json_object_get_string(value);
        explicit_bzero((char *) (uintptr_t) text, (size_t) json_object_get_string_len(value));
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach(value, name, member) {
            (void) name;
            wipe_strings(member);
        }
    } else if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++)
            wipe_strings(json_object_array_get_idx(value, i));
    }
}

void json_wipe(struct json_object **object) {
    if (!*object)
        return;
    wipe_strings(*object);
    json_object_put(*object);
    *object = NULL;
}

const char *json_value_text(struct json_object *value) {
    if (!json_object_is_type(value, json_type_string))
        return NULL;
    const char *text = json_object_get_string(value);
    size_t length = (size_t) json_object_get_string_len(value);
    return length > 0 && strlen(text) == length ? text : NULL;
}

bool json_value_number(struct json_object *value, char ret[JSON_NUMBER_SIZE]) {
    if (!json_object_is_type(value, json_type_int))
        return false;
    int64_t number = json_object_get_int64(value);
    uint64_t large = json_object_get_uint64(value);
    /* What json-c makes of a number that is too large or too small for it. */
    if (number == INT64_MIN || large == UINT64_MAX)
        return false;
    if (number < 0)
        snprintf(ret, JSON_NUMBER_SIZE, "%" PRId64, number);
    else
        snprintf(ret, JSON_NUMBER_SIZE, "%" PRIu64, large);
    return true;
}

const char *json_text(struct json_object *object, const char *name) {
    struct json_object *value = NULL;
    return json_object_object_get_ex(object, name, &value) ? json_value_text(value) : NULL;
}

struct json_object *json_value_at(struct json_object *object, const char *path) {
    char name[128];
    struct json_object *value = object;
    for (;;) {
        size_t length = strcspn(path, ".");
        if (length == 0 || length >= sizeof name)
            return NULL;
        memcpy(name, path, length);
        name[length] = '\0';
        if (!json_object_is_type(value, json_type_object) ||
            !json_object_object_get_ex(value, name, &value))
            return NULL;
        if (path[length] == '\0')
            return value;
        path += length + 1;
    }
}

const char *json_text_at(struct json_object *object, const char *path) {
    return json_value_text(json_value_at(object, path));
}
