# SPDX-License-Identifier: BSD-2-Clause
"""Access tokens in keyrings: long tokens, and the part of a user's quota that is used."""


def a_token(size):
    """A token of this size, which repeats every character that a token may have."""
    characters = "".join(chr(code) for code in range(0x21, 0x7f))
    return (characters * (size // len(characters) + 1))[:size]


def quota_used(uid):
    """The bytes that keys use of this user's quota.

    /proc/key-users: uid: usage nkeys/nikeys qnkeys/maxkeys qnbytes/maxbytes
    """
    with open("/proc/key-users") as users:
        rows = {int(row.split(":")[0]): row.split()[-1] for row in users}
    return int(rows[uid].split("/")[0])
