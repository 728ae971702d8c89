/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_key.c - the access token in the login's session keyring.
 */
#include "session_key.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol.h"
#include "scoped.h"

enum { DESCRIPTION_SIZE = 320 };

static const char keyring_name[] = "oauth-login";
static const char key_prefix[] = "oauth-login:";

/* Possessors may view, read and search; root may do anything; no other user may see it. */
static const key_perm_t permissions = KEY_POS_VIEW | KEY_POS_READ | KEY_POS_SEARCH | KEY_USR_ALL;

/* A key's type, owner and name. */
struct described {
    bool keyring;
    uid_t uid;
    char name[DESCRIPTION_SIZE];
};

/* Describes a key, as KEYCTL_DESCRIBE does: "type;uid;gid;perm;name". Negative errno. */
static int describe(key_serial_t serial, struct described *ret) {
    char text[DESCRIPTION_SIZE + 64];
    unsigned int uid = 0;
    int name = 0;
    long size = keyctl_describe(serial, text, sizeof text);

    if (size < 0)
        return -errno;
    if ((size_t)size > sizeof text)
        return -E2BIG;
    if (sscanf(text, "%*[^;];%u;%*d;%*x;%n", &uid, &name) != 1 || name == 0)
        return -EBADMSG;

    ret->keyring = strncmp(text, "keyring;", 8) == 0;
    ret->uid = uid;
    snprintf(ret->name, sizeof ret->name, "%s", text + name);
    return 0;
}

key_serial_t session_key_current(void) {
    key_serial_t session = keyctl_get_keyring_ID(KEY_SPEC_SESSION_KEYRING, 0);
    return session > 0 ? session : 0;
}

/* Tells whether the session keyring is this login's alone: it belongs to the account, and is not
 * the user-session keyring, which the kernel falls back to for every process that has no session
 * keyring. */
static bool is_private(key_serial_t session, uid_t uid) {
    struct described described = {0};
    char shared[32];
    snprintf(shared, sizeof shared, "_uid_ses.%u", uid);
    return describe(session, &described) == 0 && described.uid == uid &&
           strcmp(described.name, shared) != 0;
}

/* Joins a new session keyring and gives it to the account by keyctl_chown: taking on the account's
 * ids instead would let its processes signal ours meanwhile. Where the account's key quota is full,
 * root keeps it: the session's processes possess it in either case. */
static int join_private(uid_t uid, gid_t gid, key_serial_t *ret) {
    key_serial_t session = keyctl_join_session_keyring(NULL);
    if (session < 0)
        return -errno;
    *ret = session;
    if (keyctl_chown(session, uid, gid) == 0)
        return 0;
    return errno == EDQUOT && keyctl_chown(session, 0, 0) == 0 ? 0 : -errno;
}

static int find_session(uid_t uid, gid_t gid, key_serial_t inherited, key_serial_t *ret) {
    key_serial_t session = keyctl_get_keyring_ID(KEY_SPEC_SESSION_KEYRING, 0);
    if (session >= 0 && session != inherited && is_private(session, uid)) {
        *ret = session;
        return 0;
    }
    return join_private(uid, gid, ret);
}

/* Tells whether it is a keyring "oauth-login" that root owns. */
static bool is_our_keyring(key_serial_t serial) {
    struct described described = {0};
    return describe(serial, &described) == 0 && described.keyring && described.uid == 0 &&
           strcmp(described.name, keyring_name) == 0;
}

/* Finds root's keyring "oauth-login" directly in the session keyring; 0 if there is none. One that
 * another user owns is a trap: its owner could read every token planted in it. */
static key_serial_t find_keyring(key_serial_t session) {
    key_serial_t *keys = NULL, found = 0;
    int size = keyctl_read_alloc(session, (void **)&keys);
    for (size_t i = 0; size > 0 && i < (size_t)size / sizeof *keys && found == 0; i++)
        if (is_our_keyring(keys[i]))
            found = keys[i];
    free(keys);
    return found;
}

static int make_keyring(key_serial_t session, struct session_keyring *ret) {
    key_serial_t serial = find_keyring(session);

    if (serial > 0) {
        *ret = (struct session_keyring){.serial = serial};
        return 0;
    }
    serial = add_key("keyring", keyring_name, NULL, 0, session);
    if (serial < 0)
        return -errno;
    if (keyctl_setperm(serial, permissions) < 0) {
        int error = -errno;
        keyctl_revoke(serial);
        return error;
    }

    *ret = (struct session_keyring){.serial = serial, .ours = true};
    return 0;
}

static int put_token(key_serial_t keyring, const char *provider, const void *token, size_t size,
                     uint32_t seconds) {
    char description[DESCRIPTION_SIZE];

    snprintf(description, sizeof description, "%s%s", key_prefix, provider);
    /* add_key also replaces a token: keyctl_update refuses more than 4,096 bytes. */
    key_serial_t key = add_key("user", description, token, size, keyring);
    if (key >= 0 && keyctl_set_timeout(key, seconds > 0 ? seconds : 1) == 0 &&
        keyctl_setperm(key, permissions) == 0)
        return 0;

    int error = -errno;
    if (key >= 0)
        keyctl_revoke(key);
    return error;
}

int session_key_replace(key_serial_t keyring, const char *provider, const void *token, size_t size,
                        uint32_t seconds) {
    if (!is_our_keyring(keyring)) /* it is gone, and the serial may be another key's */
        return 0;
    int r = put_token(keyring, provider, token, size, seconds);
    return r == -ENOKEY || r == -EKEYREVOKED || r == -EKEYEXPIRED ? 0 : r;
}

int session_key_plant(const char *provider, const void *token, size_t size, uint32_t seconds,
                      uid_t uid, gid_t gid, key_serial_t inherited, struct session_keyring *ret) {
    struct session_keyring keyring = {.serial = 0};
    key_serial_t session = 0;

    int r = find_session(uid, gid, inherited, &session);
    if (r < 0)
        return r;
    r = make_keyring(session, &keyring);
    if (r < 0)
        return r;
    r = put_token(keyring.serial, provider, token, size, seconds);
    if (r < 0 && keyring.ours)
        keyctl_revoke(keyring.serial);
    if (r >= 0)
        *ret = keyring;
    return r;
}

key_serial_t session_key_find_keyring(uid_t uid) {
    key_serial_t session = session_key_current();
    return session > 0 && is_private(session, uid) ? find_keyring(session) : 0;
}

/* Finds the token's key in a keyring; 0 if there is none. */
static key_serial_t find_token(key_serial_t keyring) {
    key_serial_t *keys = NULL, found = 0;
    int size = keyctl_read_alloc(keyring, (void **)&keys);

    for (size_t i = 0; size > 0 && i < (size_t)size / sizeof *keys && found == 0; i++) {
        struct described described = {.uid = 0};
        if (describe(keys[i], &described) == 0 && !described.keyring && described.uid == 0 &&
            strncmp(described.name, key_prefix, sizeof key_prefix - 1) == 0)
            found = keys[i];
    }
    free(keys);
    return found;
}

/* Reads the seconds until a key expires from /proc/keys, whose units round down: "45s", "14m". 0
 * for a key that has expired ("expd"), or never does ("perm"). */
static uint32_t seconds_left(key_serial_t key) {
    static const struct {
        char unit;
        uint32_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    char line[512], life[16], unit = 0;
    uint32_t left = 0;
    unsigned int serial = 0, number = 0;
    FILE *keys = fopen("/proc/keys", "re");

    while (keys && serial != (unsigned int)key && fgets(line, sizeof line, keys))
        if (sscanf(line, "%x %*s %*s %15s", &serial, life) != 2)
            serial = 0;
    if (keys)
        fclose(keys);
    if (serial != (unsigned int)key || sscanf(life, "%u%c", &number, &unit) != 2)
        return 0;

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (units[i].unit == unit)
            left = number * units[i].seconds;
    return left;
}

int session_key_read(key_serial_t keyring, uint8_t **ret_token, uint32_t *ret_seconds) {
    key_serial_t key = keyring > 0 ? find_token(keyring) : 0;
    if (key == 0)
        return -ENOKEY;

    uint8_t *token = malloc(PROTOCOL_TOKEN_MAX);
    if (!token)
        return -ENOMEM;
    long length = keyctl_read(key, (char *)token, PROTOCOL_TOKEN_MAX);
    int r = length < 0 ? -errno : (int)length;
    if (length > PROTOCOL_TOKEN_MAX)
        r = -EMSGSIZE;
    if (r < 0) {
        scoped_free_wiped(token, PROTOCOL_TOKEN_MAX);
        return r;
    }

    *ret_token = token;
    *ret_seconds = seconds_left(key);
    return r;
}

int session_key_revoke(key_serial_t serial) {
    key_serial_t *keys = NULL;
    if (!is_our_keyring(serial))
        return 0;

    int size = keyctl_read_alloc(serial, (void **)&keys);
    for (size_t i = 0; size > 0 && i < (size_t)size / sizeof *keys; i++)
        keyctl_revoke(keys[i]); /* revoke each key too: the session may have linked one elsewhere */
    free(keys);
    if (keyctl_revoke(serial) == 0 || errno == EKEYREVOKED || errno == EKEYEXPIRED ||
        errno == ENOKEY)
        return 0;
    return -errno;
}
