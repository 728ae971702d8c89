/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_key.h - the access token in the login's session keyring (keyrings(7)).
 *
 * The token is a key of type "user", `oauth-login:PROVIDER`, in a keyring `oauth-login` that root
 * owns, linked into the session keyring: a process that possesses the session can read it, root can
 * replace it, and it counts against root's quota, not the user's.
 */
#ifndef OAUTH_LOGIN_CLIENT_SESSION_KEY_H
#define OAUTH_LOGIN_CLIENT_SESSION_KEY_H

#include <keyutils.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A keyring `oauth-login` in which a token was planted. */
struct session_keyring {
    key_serial_t serial;
    bool ours; /* this login made it and must revoke it; false: another login of this session made
                  it */
};

/* Returns the session keyring of the calling process; 0 if it has none. */
key_serial_t session_key_current(void);

/* Plants `token` of `size` bytes for `seconds` (at least 1) in the session keyring of the calling
 * process, for the account `uid`:`gid`, and sets `ret` to the keyring that now has it. If other
 * logins may share the current session keyring, first joins a new private one. That is the case if
 * the current one does not belong to the account, is the user-session keyring, which all logins of
 * the account share, or is `inherited`, the one from before this login (0: not known). Needs
 * effective uid 0. Returns 0 or a negative errno: -EKEYREVOKED, -EDQUOT (quota), -ENOSYS (a kernel
 * without keys). */
int session_key_plant(const char *provider, const void *token, size_t size, uint32_t seconds,
                      uid_t uid, gid_t gid, key_serial_t inherited, struct session_keyring *ret);

/* Replaces the token in a keyring that session_key_plant returned. Needs uid 0, but the caller need
 * not be in the session. Returns 0, also when the keyring is gone, or a negative errno. */
int session_key_replace(key_serial_t keyring, const char *provider, const void *token, size_t size,
                        uint32_t seconds);

/* Finds the keyring `oauth-login` in the session keyring of the calling process. Returns 0 if there
 * is none, or if the session keyring is not the account's own. */
key_serial_t session_key_find_keyring(uid_t uid);

/* Reads the token in a keyring into `*ret_token`, allocated: the caller frees it with
 * scoped_free_wiped. Sets `ret_seconds` to a lower bound of the seconds until it expires. Returns
 * its size, or a negative errno of keyrings(7): -ENOKEY if there is no valid one, -EMSGSIZE for
 * more than PROTOCOL_TOKEN_MAX bytes, -ENOMEM. */
int session_key_read(key_serial_t keyring, uint8_t **ret_token, uint32_t *ret_seconds);

/* Revokes the keys in a keyring `oauth-login` that root owns, then the keyring. Does nothing to any
 * other keyring. Returns 0, also when it is gone, or a negative errno. */
int session_key_revoke(key_serial_t serial);

#endif
