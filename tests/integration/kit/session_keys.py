# SPDX-License-Identifier: BSD-2-Clause
"""Access tokens as session keys: long ones, and what they cost of a quota."""


def a_token(size):
    """Every character that a token may have, again and again."""
    characters = "".join(chr(code) for code in range(0x21, 0x7f))
    return (characters * (size // len(characters) + 1))[:size]


def quota_used(uid):
    """/proc/key-users: uid: usage nkeys/nikeys qnkeys/maxkeys qnbytes/maxbytes"""
    with open("/proc/key-users") as users:
        rows = {int(row.split(":")[0]): row.split()[-1] for row in users}
    return int(rows[uid].split("/")[0])
