# SPDX-License-Identifier: BSD-2-Clause
"""oauth-login-watch.timer and .service: the watch works under systemd, and is confined."""

import os
import pty
import re
import shutil
from pathlib import Path

import pytest

from helper_process import wait_until
from installation import SYSTEMD_UNITS as UNITS
from process import run
from resident import SOCKET
from service_manager import ALONE, WATCH
from open_sessions import SESSIONS, fields, files, forget_all, make_due

DESK = """
account  required pam_permit.so
session  required pam_keyinit.so force revoke
session  required pam_oauth_login.so
"""
# A session on a terminal, which systemd opens by PAM.
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
    """(master, name) of a terminal."""
    master, slave = pty.openpty()
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


@pytest.fixture
def session(host, corp, systemd, terminal):
    """A session of alice below systemd; returns its file."""
    forget_all()
    host.pam("desk", DESK)
    host.files.write("/etc/systemd/system/desk.service", SERVICE.format(terminal=terminal[1]))
    systemd.control("daemon-reload")
    systemd.control("start", "desk.service")
    wait_until(files, "the session is open")
    (file,) = files()
    yield file
    systemd.control("stop", "desk.service")


def token(file):
    """The token in the session's keyring, read by root."""
    (key,) = run("keyctl", "rlist", fields(file)["ring"]).stdout.split()
    return run("keyctl", "pipe", key).stdout


def test_the_watch_service_is_confined(installation):
    result = run("systemd-analyze", "security", "--offline=true", str(UNITS / WATCH))
    (score,) = re.findall(r"Overall exposure level for .*: ([\d.]+)", result.stdout)
    assert float(score) <= 2.6


@pytest.mark.parametrize("helper", ["resident", "started"])
def test_the_watch_service_brings_a_session_its_new_token(corp, systemd, session, helper):
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


def test_the_watch_service_shows_why_a_session_ends(corp, oauth_login, systemd, session, terminal):
    oauth_login.configure(corp, login={"on_revoked": "terminate"})
    corp.remove_user("alice")
    make_due()
    systemd.control("start", WATCH)
    said = b""
    while b"the account is closed at the provider" not in said:
        said += os.read(terminal[0], 4096)
    wait_until(lambda: not systemd.is_active("desk.service"), "SIGTERM has ended it")


def test_the_timer_runs_the_watch_even_without_sessions(host, corp, systemd):
    """The timer runs from the start, although no user has logged in yet."""
    host.files.write("/etc/systemd/system/oauth-login-watch.timer.d/soon.conf",
                     "[Timer]\nOnBootSec=\n"  # clears the list of timers
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


# systemd --user


USER_SERVICE = """
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'keyctl pipe %%user:oauth-login:corp >"$HOME"/told.new'
ExecStart=/bin/mv %h/told.new %h/told
"""


@pytest.fixture
def user_manager(host, corp, oauth_login, systemd, alice):
    """alice's `systemd --user`, with a service; returns its unit's name."""
    forget_all()
    unit = f"user@{alice.uid}.service"
    runtime = Path("/run/user", str(alice.uid))
    oauth_login.use("systemd-user")
    # Does what pam_systemd and logind do elsewhere.
    host.files.write("/etc/systemd/system/user-runtime-dir@.service", ALONE +
                     "[Service]\nType=oneshot\nRemainAfterExit=yes\n"
                     f"ExecStart=/usr/bin/install -d -m 0700 -o %i -g {alice.uid} {runtime}\n")
    host.files.write("/etc/systemd/system/user@.service.d/test.conf", ALONE +
                     "[Service]\nEnvironment=XDG_RUNTIME_DIR=/run/user/%i\n")
    host.files.write("/etc/systemd/user/told.service", USER_SERVICE)
    host.files.write("/etc/systemd/user/default.target.d/told.conf", "[Unit]\nWants=told.service\n")
    systemd.control("daemon-reload")
    systemd.control("start", unit)
    yield unit
    systemd.control("stop", unit)
    (alice.home / "told").unlink(missing_ok=True)
    shutil.rmtree(runtime)


def test_services_of_a_user_have_a_token_of_their_own(corp, systemd, alice, user_manager):
    told = alice.home / "told"
    wait_until(told.exists, "the user's service has run")
    (file,) = files()
    assert fields(file)["service"] == "systemd-user"
    assert told.read_text() == token(file) != ""
    assert corp.userinfo(told.read_text())["sub"] == corp.subject("alice")
    make_due()
    systemd.control("start", WATCH)
    assert token(file) != told.read_text()


def test_the_services_of_a_user_end_with_the_account(
        corp, oauth_login, systemd, alice, user_manager):
    oauth_login.configure(corp, login={"on_revoked": "terminate"})
    wait_until((alice.home / "told").exists, "the user's service has run")
    corp.remove_user("alice")
    make_due()
    systemd.control("start", WATCH)
    wait_until(lambda: not systemd.is_active(user_manager), "systemd --user has ended")
    systemd.control("start", WATCH)
    assert not files(), "the user's own process could not remove it"
