# SPDX-License-Identifier: BSD-2-Clause
"""The sessions that are open: their files, as the watch sees them, and what tests do to them."""

import contextlib
import subprocess
from pathlib import Path

from shell import stay

SESSIONS = Path("/run/oauth-login/sessions")
READ_KEY = "keyctl pipe %user:oauth-login:corp"


def files(account="alice"):
    return [file for file in SESSIONS.glob("[0-9]*")
            if f"account {account}\n" in file.read_text()]


def fields(file):
    return dict(line.split(" ", 1) for line in file.read_text().splitlines())


def make_due(account="alice"):
    """As if the sessions' interval had passed, and the provider's answer were as old."""
    for file in files(account):
        values = {**fields(file), "due": "1", "interval": "0"}
        file.write_text("".join(f"{key} {value}\n" for key, value in values.items()))


def watch(oauth_login):
    result = oauth_login.run("watch")
    assert result.ok, result


def opened(stack, sshd, count=1, user="alice"):
    """`count` sessions of the account, open until the stack ends."""
    sessions = [stack.enter_context(stay(sshd, user)) for _ in range(count)]
    for session in sessions:
        session.told("true")
    return sessions


def write_session(account, leader, ring=0, terminal="-", number=7):
    """As a session of this leader's that is due; returns its file."""
    started = Path(f"/proc/{leader}/stat").read_text().rpartition(")")[2].split()[19]
    SESSIONS.mkdir(parents=True, exist_ok=True)
    SESSIONS.chmod(0o700)
    file = SESSIONS / f"{leader}.{started}.{number}"
    file.write_text(f"account {account}\nservice test\nterminal {terminal}\nconfig -\n"
                    f"leader {leader}\nstarted {started}\nring {ring}\nopened 1\ndue 1\n"
                    "interval 0\n")
    return file


@contextlib.contextmanager
def started():
    """A process that may lead a session."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as running:
        yield running
        running.kill()


def forget_all():
    for file in SESSIONS.glob("*"):
        file.unlink()
