"""oauth-login-watch.timer and .service: the watch does its work under systemd, and confined."""

import os
import pty
import re
import shutil

import pytest

from helper_process import wait_until
from process import run
from resident import SOCKET
from service_manager import ALONE
from test_sessions import SESSIONS, fields, files, make_due
from test_units import UNITS, systemd  # noqa: F401

WATCH = "oauth-login-watch.service"
DESK = """
account  required pam_permit.so
session  required pam_keyinit.so force revoke
session  required pam_oauth_login.so
"""
# A session that systemd opens by PAM, on a terminal.
SERVICE = ALONE + """
[Service]
User=alice
PAMName=desk
TTYPath={terminal}
StandardInput=tty
ExecStart=/bin/sh -c 'trap "" HUP; cat'
"""


@pytest.fixture
def terminal(alice):
    master, slave = pty.openpty()
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


@pytest.fixture
def session(host, corp, systemd, terminal):  # noqa: F811
    """A session of alice's below systemd; returns its file."""
    for file in SESSIONS.glob("*"):
        file.unlink()
    host.pam("desk", DESK)
    host.files.write("/etc/systemd/system/desk.service", SERVICE.format(terminal=terminal[1]))
    systemd.control("daemon-reload")
    systemd.control("start", "desk.service")
    wait_until(files, "the session is open")
    (file,) = files()
    yield file
    systemd.control("stop", "desk.service")


def token(file):
    """What root sees in the session's ring."""
    (key,) = run("keyctl", "rlist", fields(file)["ring"]).stdout.split()
    return run("keyctl", "pipe", key).stdout


def test_the_watch_is_confined(installation):
    result = run("systemd-analyze", "security", "--offline=true", str(UNITS / WATCH))
    (score,) = re.findall(r"Overall exposure level for .*: ([\d.]+)", result.stdout)
    assert float(score) <= 2.6


@pytest.mark.parametrize("helper", ["resident", "started"])
def test_the_session_gets_its_new_token(corp, systemd, session, helper):  # noqa: F811
    if helper == "started":
        systemd.control("stop", "oauth-login-helper.socket", "oauth-login-helper.service")
        assert not SOCKET.exists()
    old, asked = token(session), len(corp.requests("/token"))
    make_due()
    systemd.control("start", WATCH)
    assert len(corp.requests("/token")) == asked + 1
    assert token(session) != old
    assert corp.userinfo(token(session))["sub"] == corp.subject("alice")
    assert int(fields(session)["due"]) > 1


def test_the_session_ends_with_a_word_on_its_terminal(
        corp, oauth_login, systemd, session, terminal):  # noqa: F811
    oauth_login.configure(corp, login={"on_revoked": "terminate"})
    corp.remove_user("alice")
    make_due()
    systemd.control("start", WATCH)
    said = b""
    while b"no longer wants this account" not in said:
        said += os.read(terminal[0], 4096)
    wait_until(lambda: not systemd.is_active("desk.service"), "SIGTERM has ended it")


def test_the_timer_looks_whether_there_are_sessions_or_not(
        host, corp, systemd):  # noqa: F811
    """From its first moment on, though nobody has logged in yet."""
    host.files.write("/etc/systemd/system/oauth-login-watch.timer.d/soon.conf",
                     "[Timer]\nOnBootSec=\n"  # forgets them all
                     "OnActiveSec=1s\nOnUnitInactiveSec=1s\nAccuracySec=100ms\n")
    shutil.rmtree(SESSIONS, ignore_errors=True)
    systemd.control("daemon-reload")
    systemd.control("start", "oauth-login-watch.timer")

    def runs():
        return systemd.control("show", "-P", "ExecMainStartTimestampMonotonic", WATCH)

    wait_until(lambda: runs() != "0", "it ran once")
    first = runs()
    wait_until(lambda: runs() != first, "it ran again")
    assert systemd.control("show", "-P", "Result", WATCH) == "success"
