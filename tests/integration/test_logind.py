# SPDX-License-Identifier: BSD-2-Clause
"""A real systemd-logind, which locks or ends the sessions of a closed account."""

import contextlib
import re

import pytest

from helper_process import wait_until
from process import run
from service_manager import ALONE, WATCH
from shell import stay
from sshd import Sshd
from open_sessions import READ_KEY, fields, files, forget_all, make_due

UNITS = ("dbus.socket", "dbus.service", "systemd-logind.service", "user.slice", "user@.service",
         "user-runtime-dir@.service")
COMMON_SESSION = """
session required pam_unix.so
session required pam_systemd.so
"""
LISTEN = ("dbus-monitor --system \"type='signal',interface='org.freedesktop.login1.Session'\" "
          "| grep --line-buffered member=")


@pytest.fixture
def logind(host, corp, oauth_login, systemd):
    """Starts logind below systemd, and lets pam_systemd register sessions; returns the systemd."""
    forget_all()
    for unit in UNITS:
        host.files.write(f"/etc/systemd/system/{unit}.d/test.conf", ALONE)
    oauth_login.use("sshd", "systemd-user")
    host.pam("common-session", COMMON_SESSION)
    systemd.control("daemon-reload")
    systemd.control("start", "systemd-logind.service")
    return systemd


@pytest.fixture
def sshd(logind):
    """An sshd whose sessions that logind sees."""
    with Sshd(wrapper=logind.inside) as running:
        yield running


def known(logind):
    """The sessions of logind, as {id: account}. Since systemd 256 it lists user managers too."""
    lines = run(*logind.inside, "loginctl", "list-sessions", "--no-legend", check=True).stdout
    sessions = [line.split() for line in lines.splitlines()]
    return {words[0]: words[2] for words in sessions
            if not any(word.startswith("manager") for word in words)}


def bus_name(session):
    """An id as the last part of an object path: D-Bus escapes a leading digit, "1" is _31."""
    return re.sub(r"^\d", lambda digit: f"_{ord(digit[0]):x}", session)


def services():
    """The services of alice's open sessions."""
    return sorted(fields(file)["service"] for file in files())


def test_on_revoked_lock_locks_all_sessions_of_the_account(
        corp, oauth_login, logind, sshd, alice, host):
    oauth_login.configure(corp, login={"on_revoked": "lock"})
    with contextlib.ExitStack() as stack:
        session, listener = [stack.enter_context(stay(sshd)) for _ in range(2)]
        session.told("true")
        listener.send_line(LISTEN)
        listener.expect("member=NameAcquired")  # now it listens
        corp.remove_user("alice")
        make_due()
        logind.control("start", WATCH)
        heard = {listener.expect(r"path=\S*/session/(\w+);.*member=Lock\b")[1] for _ in range(2)}
        assert heard == set(map(bus_name, known(logind)))
        host.log.wait_for(r"alice: the session of sshd\[\d+\] was locked \(")
        assert session.told("id -un") == "alice"


def test_on_revoked_terminate_ends_everything_of_the_account_and_nothing_else(
        corp, oauth_login, logind, sshd, alice, bob):
    oauth_login.enroll(corp, "bob")
    oauth_login.configure(corp, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(stay(sshd)) for _ in range(2)]
        other = stack.enter_context(stay(sshd, "bob"))
        left = sessions[0].told("setsid sleep 600 >/dev/null 2>&1 & echo $!")
        for session in sessions:
            assert corp.userinfo(session.told(READ_KEY))["sub"] == corp.subject("alice")
        other.told("true")
        assert sorted(known(logind).values()) == ["alice", "alice", "bob"]
        wait_until(lambda: services() == ["sshd", "sshd", "systemd-user"], "all hers are open")
        corp.remove_user("alice")
        make_due()
        logind.control("start", WATCH)
        for session in sessions:
            session.wait()
        wait_until(lambda: set(known(logind).values()) == {"bob"}, "logind has ended her sessions")
        wait_until(lambda: not logind.is_active(f"user@{alice.uid}.service"), "her services end")
        assert not run(*logind.inside, "kill", "-0", left).ok, "her background job has ended"
        assert other.told("id -un") == "bob"
        logind.control("start", WATCH)
        assert not files() and files("bob")
