# SPDX-License-Identifier: BSD-2-Clause
"""A login asks the resident helper if it can be reached, and else a helper that root starts.

Failures of the resident helper cost a login at most one retry.
"""

import contextlib
import os
import signal
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from helper_process import HELPER, HelperProcess, inherited, wait_until
from impostor import impostor
from many_sessions import ManySessions
from pam_host import UNTOUCHED
from reply_frames import FAULT, GRANTED, notice, reply
from resident import SOCKET, VERIFY, Resident, connect, read_frames, reply_of, request


@pytest.fixture
def service(corp, pam_host):
    """alice has a good grant, and every login asks the provider."""
    pam_host.serve()
    return pam_host


def no_helper_starts(host):
    """From now on no helper can be started, so every reply comes from the resident one."""
    host.files.write(HELPER, "#!/bin/sh\nexit 1\n", mode=0o755)


# With a resident helper


def test_a_login_asks_the_resident_helper(host, resident, service):
    no_helper_starts(host)
    phases = "auth,account,setcred,open,close"
    report = service.run("alice", phases=phases, count=5)
    assert set(report.counts()) == {("alice", phase, "SUCCESS") for phase in phases.split(",")}
    assert {**report.facts, **UNTOUCHED} == report.facts


@pytest.mark.parametrize("conditions", [
    ("ignore",), ("reap", "child"), ("threads", "child"), ("closed",), ("blocked",),
], ids="-".join)
def test_the_application_is_left_unchanged_by_the_resident_helper(
        host, resident, service, conditions):
    no_helper_starts(host)
    report = service.run("alice", conditions=conditions, count=4)
    assert report.counts() == {("alice", "account", "SUCCESS"): 4}
    assert {**report.facts, **UNTOUCHED} == report.facts


def test_the_socket_never_becomes_a_standard_descriptor(corp, resident, service):
    asked, release = len(corp.requests("/token")), threading.Event()
    corp.queue("/token", lambda request: replace(corp.correct(request), hold=release))
    caller = service.start("alice", conditions=("closed",))
    corp.wait_for_requests("/token", asked + 1)
    assert not {0, 1, 2} & set(HelperProcess(caller.child.pid).descriptors())
    release.set()
    assert caller.finish().codes == ("SUCCESS",)


def test_a_session_does_not_inherit_the_socket(host, corp, resident, oauth_login, sshd):
    no_helper_starts(host)
    oauth_login.use("sshd")
    login = sshd.ssh("alice", "keyctl pipe %user:oauth-login:corp; ls -l /proc/$$/fd")
    assert login.ok and "access-" in login.stdout
    ends = dict(line.split()[-3::2] for line in login.stdout.splitlines() if " -> " in line)
    assert {"0", "1", "2"} <= set(ends)
    assert [fd for fd, end in ends.items() if int(fd) > 2 and "socket:" in end] == []


def test_the_resident_helper_is_not_asked_for_another_configuration(
        host, corp, resident, pam_host, alice):
    no_helper_starts(host)
    pam_host.serve("config=/etc/oauth-login/oauth-login.conf")
    assert pam_host.run("alice").codes == ("SYSTEM_ERR",), "root tries to start its own"
    as_alice = ("setpriv", f"--reuid={alice.uid}", f"--regid={alice.uid}", "--clear-groups")
    mark = host.log.mark()
    assert pam_host.run("alice", wrapper=as_alice).codes == ("SYSTEM_ERR",)
    host.log.wait_for("another configuration needs a helper of its own, which only root can start",
                      since=mark)


def test_a_program_started_during_a_login_does_not_inherit_the_socket(
        corp, resident, service, held):
    asked = len(corp.requests("/token"))
    caller = service.start("alice")
    corp.wait_for_requests("/token", asked + 1)
    assert inherited(HelperProcess(caller.child.pid)) == []
    held.set()
    assert caller.finish().codes == ("SUCCESS",)


# Without a resident helper, or with one that fails


def test_without_a_resident_helper_root_starts_one(service):
    assert not SOCKET.exists()
    assert service.run("alice").codes == ("SUCCESS",)


def test_without_a_resident_helper_the_log_tells_a_user_the_fix(host, corp, service, alice):
    as_alice = ("setpriv", f"--reuid={alice.uid}", f"--regid={alice.uid}", "--clear-groups")
    mark = host.log.mark()
    assert service.run("alice", wrapper=as_alice).codes == ("SYSTEM_ERR",)
    host.log.wait_for("systemctl enable --now oauth-login-helper.socket", since=mark)


BEFORE_IT_BEGAN = {
    "it ends at once": b"",
    "it ends in a frame": reply(GRANTED)[:9],
    "it is busy": reply(FAULT, reason=b"the resident helper is busy"),
    "it is of another version": reply(GRANTED, version=2),
    "it sends something else": b"HTTP/1.1 400 Bad Request\r\n\r\n",
}


@pytest.mark.parametrize("name", BEFORE_IT_BEGAN)
def test_a_resident_helper_that_fails_before_it_has_begun_is_bypassed(service, name):
    with impostor(BEFORE_IT_BEGAN[name]) as asked:
        assert service.run("alice").codes == ("SUCCESS",)
    assert len(asked) == 1 + 1, "one request, and the connection that ends the impostor"


def test_a_frozen_resident_helper_is_bypassed_long_before_the_deadline(corp, pam_host):
    pam_host.serve("deadline=1m")
    asked = len(corp.requests("/token"))
    with impostor(None):
        login = pam_host.start("alice")
        corp.wait_for_requests("/token", asked + 1, timeout=15)
        assert login.finish().codes == ("SUCCESS",)


@pytest.mark.parametrize("end", [b"", reply(FAULT), b"HTTP"], ids=["end", "fault", "garbage"])
def test_a_request_that_a_helper_has_begun_is_not_sent_again(corp, service, end):
    """A renewal may be in flight; the next login learns this from the record."""
    asked = len(corp.requests("/token"))
    with impostor(notice(5000) + end):
        assert service.run("alice").codes == ("SYSTEM_ERR",)
    assert len(corp.requests("/token")) == asked
    assert service.run("alice").codes == ("SUCCESS",)


def test_a_full_queue_of_the_socket_does_not_block_a_login(host, service, alice):
    SOCKET.parent.mkdir(mode=0o755, exist_ok=True)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        server.bind(str(SOCKET))
        stack.callback(SOCKET.unlink)
        SOCKET.chmod(0o666)
        server.listen(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                peer = stack.enter_context(socket.socket(socket.AF_UNIX))
                peer.setblocking(False)
                peer.connect(str(SOCKET))
        assert service.run("alice").codes == ("SUCCESS",), "root starts a helper"
        told = host.run_as("alice", "oauth-login", "verify", "alice")
        assert told.status == 5 and "timed out" in told.stderr


def test_a_socket_served_by_another_user_is_not_trusted(host, corp, service, alice, bob):
    with impostor(reply(GRANTED), listener=bob) as asked:
        corp.revoke("alice")
        assert service.run("alice").codes == ("PERM_DENIED",)
        told = host.run_as("alice", "oauth-login", "verify", "alice")
        assert told.status == 5 and "can't be trusted" in told.stderr
    assert set(asked) == {b""}, "it does not even learn who logs in"


@pytest.mark.parametrize("token", [b"\x1b[2J", b"two\nlines", b"two words", b"\x9b2J"])
def test_a_malformed_token_from_a_helper_is_not_printed(host, corp, alice, token):
    with impostor(notice(5000) + reply(GRANTED, expires=1 << 40, token=token)):
        told = host.run_as("alice", "oauth-login", "token")
    assert told.status == 5 and told.stdout == "" and "not understood" in told.stderr


def test_a_token_with_a_negative_expiry_time_is_not_planted(host, corp):
    host.pam("door", "session required pam_oauth_login.so\n")
    mark = host.log.mark()
    with impostor(notice(5000) + reply(GRANTED, expires=1 << 63, token=b"x")), \
            ManySessions("door", ["alice"], 1):
        host.log.wait_for("no session key: .*token has expired", since=mark)


@pytest.mark.parametrize("mode, owner", [(0o757, 0), (0o775, 0), (0o755, 2000)])
def test_a_socket_in_a_directory_that_others_can_write_is_not_trusted(
        host, corp, resident, service, alice, mode, owner):
    no_helper_starts(host)
    assert service.run("alice").codes == ("SUCCESS",)
    try:
        SOCKET.parent.chmod(mode)
        os.chown(SOCKET.parent, owner, 0)
        assert service.run("alice").codes == ("SYSTEM_ERR",)
        told = host.run_as("alice", "oauth-login", "verify", "alice")
        assert told.status == 5 and "can't be trusted" in told.stderr
    finally:
        SOCKET.parent.chmod(0o755)
        os.chown(SOCKET.parent, 0, 0)


# A resident helper that is stopped, replaced or killed


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_resident_helper_that_was_ended_costs_a_login_nothing(host, resident, service, number):
    resident.stop(number)
    assert SOCKET.exists()
    report = service.run("alice")
    assert report.codes == ("SUCCESS",)
    assert {**report.facts, **UNTOUCHED} == report.facts


def test_an_upgrade_of_the_helper_fails_no_login(host, resident, service):
    """The new helper replaces the socket atomically; the old one serves earlier callers."""
    host.files.write(HELPER, Path(HELPER).read_bytes(), mode=0o755)
    logins = service.start("alice", count=60)
    fresh = Resident()
    resident.stop()
    try:
        assert logins.finish().counts() == {("alice", "account", "SUCCESS"): 60}
        no_helper_starts(host)
        assert service.run("alice").codes == ("SUCCESS",), "the new helper replies"
    finally:
        fresh.end()


def test_a_helper_killed_before_its_reply_costs_a_login_nothing(corp, resident, service, alice):
    """Kills the helper's child while it waits for the rest of another caller's request."""
    with connect(alice) as peer:
        wait_until(resident.children, "it has a child")
        (child,) = resident.children()
        os.kill(child, signal.SIGKILL)
        assert read_frames(peer) == []
    assert service.run("alice").codes == ("SUCCESS",)


def test_a_helper_killed_during_a_renewal_costs_one_retry(host, corp, resident, service):
    """The provider has already renewed the grant, and must accept the old token once more."""
    no_helper_starts(host)
    corp.rotate = False
    mark, asked = host.log.mark(), len(corp.requests("/token"))
    release = threading.Event()
    corp.queue("/token", lambda request: replace(corp.correct(request), hold=release))
    login = service.start("alice")
    corp.wait_for_requests("/token", asked + 1)
    (child,) = resident.children()
    os.kill(child, signal.SIGKILL)
    assert login.finish().codes == ("SYSTEM_ERR",)
    release.set()
    host.log.wait_for("verdict=fault .*ended without a reply", since=mark)
    assert len(corp.requests("/token")) == asked + 1, "the login itself does not retry"
    assert service.run("alice").codes == ("SUCCESS",)


def test_the_resident_helper_also_replies_at_the_deadline(host, corp, resident, pam_host, alice):
    no_helper_starts(host)
    pam_host.serve("deadline=1s")
    spent, release = corp.refresh_token("alice"), threading.Event()
    corp.queue("/token", lambda request: replace(corp.correct(request), hold=release))
    assert pam_host.run("alice").codes == ("AUTHINFO_UNAVAIL",)
    release.set()
    wait_until(lambda: not resident.children(), "the child has stored the answer")
    assert corp.refresh_token("alice") != spent
    with connect(alice) as peer:
        peer.sendall(request(VERIFY, "alice"))
        assert reply_of(read_frames(peer))[0] == "granted"


def test_a_caller_gets_no_second_reply_after_the_deadline(corp, resident, held):
    """The first reply comes at the deadline; a later answer is for the next caller."""
    with connect() as peer:
        frame = request(VERIFY, "alice").replace(b"\xff" * 12, b"\xff" * 8 + b"\0\0\0\1")
        peer.sendall(frame)
        reply_bytes = b""
        while not reply_bytes.endswith(bytes(4 + 4)):
            reply_bytes += peer.recv(65536)
        held.set()
        assert read_frames(peer) == []
