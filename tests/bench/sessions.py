# SPDX-License-Identifier: BSD-2-Clause
"""The cost of an open session when hundreds are open at once."""

import json
import os
import statistics
from pathlib import Path

from certificates import Authority
from many_sessions import ManySessions
from process import run
from resident import Resident
from scripted_provider import ScriptedProvider
from scripted_server import Answer

COUNT = int(os.environ.get("BENCH_SESSIONS", "800"))
TOKEN = "x" * 4096
RUN = "/run/oauth-login"


def keys_used():
    """(keys, bytes) charged to root, and the limits of both, from /proc/key-users."""
    (row,) = [row.split() for row in Path("/proc/key-users").read_text().splitlines()
              if row.split()[0] == "0:"]
    keys, most_keys = map(int, row[3].split("/"))
    size, most_size = map(int, row[4].split("/"))
    return keys, size, most_keys, most_size


def blocks_used():
    status = os.statvfs(RUN)
    return (status.f_blocks - status.f_bfree) * status.f_frsize


def measure(host, oauth_login, directory):
    """Opens sessions with a token of 4 kB by PAM, keeps them open, and prints their cost."""
    authority = Authority(directory)
    with ScriptedProvider(authority.issue(), authority.file) as provider:
        oauth_login.configure(provider, login={"check_sessions": "1h"})
        provider.add_user("alice")
        provider.expires_in = 3600
        oauth_login.import_grant("alice", provider.issue_grant("alice"))
        provider.queue("/token", lambda request: Answer.json(
            {**json.loads(provider.correct(request).body), "access_token": TOKEN}))
        run("oauth-login", "verify", "alice", check=True)
        host.pam("bench", "session required pam_oauth_login.so keyring_required\n")
        resident, (keys, size, *_), blocks = Resident(), keys_used(), blocks_used()
        with ManySessions("bench", ["alice"], COUNT) as sessions:
            now = keys_used()
            report(sessions.opened, now[0] - keys, now[1] - size, blocks_used() - blocks, now)
            asked = len(provider.requests("/token"))
            run("oauth-login", "watch", check=True, timeout=120)
            print(f"    {len(provider.requests('/token')) - asked} renewals to check them all")
        resident.end()
        closed = [milliseconds for _, milliseconds in sessions.closed]
        print(f"    closing one: {statistics.median(closed):.1f} ms")


def report(opened, keys, size, blocks, now):
    failed = sum(code != 0 for code, _ in opened)
    opened = [milliseconds for _, milliseconds in opened]
    first, last = statistics.median(opened[:100]), statistics.median(opened[-100:])
    print(f"\n{COUNT} open sessions with tokens of {len(TOKEN)} bytes, {failed} without a key\n"
          f"    opening one: {statistics.median(opened):.1f} ms; the last hundred take "
          f"{last / first:.2f} of what the first take\n"
          f"    a session: {keys / COUNT:.1f} keys and {size / COUNT:.0f} bytes of root's quota "
          f"(room for {min(now[2] * COUNT // keys, now[3] * COUNT // size)} such), "
          f"{blocks / COUNT:.0f} bytes in /run")
