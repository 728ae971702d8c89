# SPDX-License-Identifier: BSD-2-Clause
"""The files of the open sessions, as the watch reads them, and what tests do with them."""

import contextlib
import subprocess
from pathlib import Path

from shell import stay

SESSIONS = Path("/run/oauth-login/sessions")
READ_KEY = "keyctl pipe %user:oauth-login:corp"


def files(account="alice"):
    """The files of the account's open sessions."""
    found = []
    for file in SESSIONS.glob("[0-9]*"):
        try:
            text = file.read_text()
        except FileNotFoundError:  # the session was closed meanwhile
            continue
        if f"account {account}\n" in text:
            found.append(file)
    return found


def fields(file):
    """{key: value} of a session's file."""
    return dict(line.split(" ", 1) for line in file.read_text().splitlines())


def make_due(account="alice"):
    """Makes the account's sessions due, as if their interval had passed since the last answer."""
    for file in files(account):
        values = {**fields(file), "due": "1", "interval": "0"}
        file.write_text("".join(f"{key} {value}\n" for key, value in values.items()))


def watch(oauth_login):
    """Runs `oauth-login watch`, which must succeed."""
    result = oauth_login.run("watch")
    assert result.ok, result


def opened(stack, sshd, count=1, user="alice"):
    """Opens `count` SSH sessions of the account, which stay open until the stack ends."""
    sessions = [stack.enter_context(stay(sshd, user)) for _ in range(count)]
    for session in sessions:
        session.told("true")
    return sessions


def write_session(account, leader, ring=0, terminal="-", number=7):
    """Writes the file of a session of this leader that is due; returns it."""
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
    """A running process that may lead a session."""
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as running:
        yield running
        running.kill()


def forget_all():
    """Removes the files of all sessions."""
    for file in SESSIONS.glob("*"):
        file.unlink()
