/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session_key.h - the access token in the login's session keyring (keyrings(7)).
 *
 * The token is a key of type "user", `oauth-login:PROVIDER`, in a keyring `oauth-login` of root's
 * below the session keyring: whoever possesses the session can read it, root can replace it, and
 * it counts against root's quota, not the user's.
 */
#ifndef OAUTH_LOGIN_CLIENT_SESSION_KEY_H
#define OAUTH_LOGIN_CLIENT_SESSION_KEY_H

#include <keyutils.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct session_key_ring {
    key_serial_t serial;
    bool ours; /* made now, so ours to revoke; false: another login of this session made it */
};

/* The session keyring of the calling process, 0 when there is none. */
key_serial_t session_key_current(void);

/* Plants `token` of `size` bytes for `seconds` (at least 1) in the session keyring of the calling
 * process, for the account `uid`:`gid`. A session keyring that may be another login's too is
 * replaced by a new private one first: one that is not the account's own, the user-session
 * default that all its logins share, or `inherited`, the one that was there before this login
 * (0: not known). Needs effective uid 0. Negative errno: -EKEYREVOKED, -EDQUOT (quota), -ENOSYS
 * (no keys here). */
int session_key_plant(const char *provider, const void *token, size_t size, uint32_t seconds,
                      uid_t uid, gid_t gid, key_serial_t inherited, struct session_key_ring *ret);

/* Puts another token in the place of the one in `ring`, which session_key_plant filled. Needs uid
 * 0, but not to be in the session. One that has ended needs none: 0. Else a negative errno. */
int session_key_replace(key_serial_t ring, const char *provider, const void *token, size_t size,
                        uint32_t seconds);

/* The ring in the session keyring of the calling process, when that is the account's own: 0 when it
 * is somebody else's session, or has no ring. */
key_serial_t session_key_ring(uid_t uid);

/* Reads the token in a ring: its size, with the seconds it has at least still to live. -ENOKEY when
 * there is none that is valid, -EMSGSIZE, or another errno of keyrings(7). */
int session_key_read(key_serial_t ring, void *token, size_t size, uint32_t *ret_seconds);

/* Revokes the keys in a ring, then the ring. What is gone already, or no ring of ours, is left. */
int session_key_revoke(key_serial_t serial);

#endif
