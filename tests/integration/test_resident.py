# SPDX-License-Identifier: BSD-2-Clause
"""The resident helper: permissions, malformed requests and floods, starting and stopping."""

import os
import pwd
import re
import resource
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from enrollment import code_of
from real_provider import real_provider
from helper_process import HELPER, HelperProcess, wait_until
from installation import rename_user
from process import run
from resident import (DOCTOR, FORGET, IMPORT, LIST, LOGOUT, NOTICE, OPERATIONS, SOCKET, STATUS,
                      TOKEN, UNENROLL, VERIFY, WATCH, Activation, Resident, ask,
                      children_of, connect, is_listening, read_frames, reply_of, request)
from terminal import Terminal

DEFAULT_CHILDREN_OF_A_USER = 16
ROOTS = (TOKEN, IMPORT, LIST, FORGET, DOCTOR, WATCH, LOGOUT)  # operations for root only


@pytest.fixture
def no_other_helper(host, resident):
    """No helper can be started, so every reply comes from the resident one."""
    host.files.write(HELPER, "#!/bin/sh\nexit 1\n", mode=0o755)


@pytest.fixture
def many_files():
    """Raises the limit of open files of this process."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def by(user):
    """A wrapper for pam_host: runs it as this user, like a screen locker."""
    return ("setpriv", f"--reuid={user.uid}", f"--regid={user.uid}", "--clear-groups")


def configure_limits(oauth_login, provider, **limits):
    """Writes the configuration with these keys of [helper]."""
    oauth_login.configure(provider)
    text = "".join(f"{key} = {value}\n" for key, value in limits.items())
    oauth_login.host.configure(f"[helper]\n{text}", "oauth-login.conf.d/limits.conf")


# Permissions


def test_a_screen_locker_that_runs_as_the_user_gets_the_right_verdict(
        corp, resident, no_other_helper, pam_host, alice):
    pam_host.serve()
    locker = {"wrapper": by(alice)}
    every = pam_host.run("alice", phases="auth,account,setcred,open,close", **locker)
    assert every.codes == ("SUCCESS",) * 5
    corp.revoke("alice")
    refused = pam_host.run("alice", phases="auth,account", **locker)
    assert refused.codes == ("AUTH_ERR", "PERM_DENIED")
    assert refused.facts["last_message"].endswith("Run: oauth-login enroll")
    assert refused.facts["changed"] == "" and refused.number("strangers") == 0


def test_another_uid_is_not_permitted_and_learns_nothing(
        host, corp, resident, oauth_login, alice, bob):
    host.add_user("carol")
    asked = len(corp.requests())
    for operation in OPERATIONS:
        answers = {tuple(ask(operation, account, bob))
                   for account in ("alice", "carol", "root", "nobody-here", "../x", "")}
        (answer,) = answers
        verdict, provider, reason, message = reply_of(answer)
        assert (len(answer), verdict, provider) == (1, "not-permitted", "")
        others = "" if operation in ROOTS else " and the account's own user"
        assert reason == f"uid {bob.uid} may not request this; only root{others} may"
        assert message == "You may ask about your own account only."
    assert len(corp.requests()) == asked
    assert oauth_login.verdict("alice") == "granted"
    host.delete_user("carol")


def test_a_locker_of_another_user_is_refused(corp, resident, pam_host, alice, bob):
    pam_host.serve()
    report = pam_host.run("alice", wrapper=by(bob), phases="auth,account")
    assert report.codes == ("PERM_DENIED", "PERM_DENIED")


@pytest.mark.parametrize("operation", ROOTS)
def test_an_operation_of_root_is_not_permitted_to_the_owner(corp, resident, alice, operation):
    verdict, *_ = reply_of(ask(operation, "alice", alice))
    assert verdict == "not-permitted"


def test_options_are_accepted_from_root_only(corp, resident, oauth_login, alice):
    """A user's reuse_within would share an answer that the configuration does not share."""
    oauth_login.verdict("alice")
    asked = len(corp.requests("/token"))
    generous = request(VERIFY, "alice").replace(b"\xff" * 12, (3600).to_bytes(4, "big") * 3)
    with connect(alice) as peer:
        peer.sendall(generous)
        assert reply_of(read_frames(peer))[0] == "granted"
    assert len(corp.requests("/token")) == asked + 1


def test_users_can_run_the_commands_for_their_own_account(
        host, corp, resident, no_other_helper, alice):
    verified = host.run_as("alice", "oauth-login", "verify", "alice")
    assert verified.ok and verified.stdout.startswith("alice: granted (corp, source: refresh")
    status = host.run_as("alice", "oauth-login", "status")
    assert status.ok and "as subject subject-of-alice" in status.stdout
    other = host.run_as("alice", "oauth-login", "status", "root")
    assert other.status == 6
    listed = host.run_as("alice", "oauth-login", "list")
    assert (listed.status, listed.stdout) == (6, "")
    configured = host.run_as("alice", "oauth-login", "status", "--config", "/etc/hostname")
    assert configured.status == 5 and "only root can start" in configured.stderr
    ended = host.run_as("alice", "oauth-login", "unenroll", "--yes")
    assert "alice no longer has a grant here" in ended.stdout
    assert host.run_as("alice", "oauth-login", "verify", "alice").status == 1


def test_users_can_enroll_themselves(oauth_login, resident, no_other_helper, alice):
    with tempfile.TemporaryDirectory(prefix="glewlwyd-") as directory:
        Path(directory).chmod(0o755)
        with real_provider(Path(directory) / "provider") as provider:
            provider.add_user("alice")
            oauth_login.configure(provider, scope="openid offline_access")
            with Terminal("oauth-login", "enroll", user="alice") as terminal:
                provider.approve_device("alice", code_of(terminal))
                assert terminal.wait(20) == 0, terminal.output
            assert reply_of(ask(VERIFY, "alice"))[0] == "granted"


# Malformed requests and floods


GARBAGE = {
    "a huge length": b"\xff\xff\xff\xff\1\1",
    "a length over the limit": (36865).to_bytes(4, "big") + b"\1\1",
    "a zero length": bytes(4),
    "another version": request(VERIFY, "alice").replace(b"\1\1\1", b"\2\1\1", 1),
    "another type": request(VERIFY, "alice").replace(b"\1\1\1", b"\1\4\1", 1),
    "an unknown operation": request(99, "alice"),
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "zeros": bytes(100000),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_a_malformed_request_gets_a_fault_and_costs_nothing_else(
        corp, resident, no_other_helper, alice, name):
    with connect(alice) as peer:
        try:
            peer.sendall(GARBAGE[name])
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has hung up already
        verdict, _, reason, _ = reply_of(read_frames(peer))
    assert verdict == "fault" and "the request was not understood" in reason
    wait_until(lambda: not resident.children(), "its child has ended")
    assert reply_of(ask(VERIFY, "alice", alice))[0] == "granted"


def test_idle_peers_and_incomplete_requests_time_out(corp, resident, alice):
    whole = request(VERIFY, "alice")
    parts = (b"", whole[:3], whole[:4], whole[:-1])
    peers = [connect(alice) for _ in parts]
    for peer, part in zip(peers, parts):
        peer.sendall(part)
    for peer in peers:
        with peer:
            verdict, _, reason, _ = reply_of(read_frames(peer))
            assert verdict == "fault" and "Connection timed out" in reason
    wait_until(lambda: not resident.children(), "their children have ended")


def test_a_peer_that_hangs_up_leaves_no_child(corp, resident, alice):
    for part in (b"", request(VERIFY, "alice")[:9]):
        with connect(alice) as peer:
            peer.sendall(part)
    wait_until(lambda: not resident.children(), "their children have ended")


def test_a_request_is_not_served_if_its_peer_hung_up_before_it_began(corp, resident, alice):
    """The caller has asked another helper by now, and may have sent more requests since."""
    resident.child.send_signal(signal.SIGSTOP)
    with connect(alice) as peer:
        peer.sendall(request(UNENROLL, "alice"))
    resident.child.send_signal(signal.SIGCONT)
    assert reply_of(ask(STATUS, "alice", alice))[0] == "granted"
    wait_until(lambda: not resident.children(), "their children have ended")
    assert reply_of(ask(VERIFY, "alice", alice))[0] == "granted"


def anonymous_memory(process):
    """KiB, counted page by page: the total in /proc/PID/status may be wrong by 64 pages."""
    rollup = (process.path / "smaps_rollup").read_text()
    return int(re.search(r"^Anonymous: +(\d+) kB$", rollup, re.MULTILINE)[1])


def test_a_thousand_idle_connections_of_one_user_do_not_block_others(
        corp, resident, no_other_helper, oauth_login, pam_host, many_files, alice, bob):
    oauth_login.configure(corp)
    ask(VERIFY, "alice", bob)
    wait_until(lambda: not resident.children(), "the first child has ended")
    memory, descriptors = anonymous_memory(resident.process), resident.process.descriptors()
    pam_host.serve()
    idle = [connect(alice) for _ in range(1000)]
    try:
        wait_until(lambda: len(resident.children()) == DEFAULT_CHILDREN_OF_A_USER,
                   "alice has as many children as she may")
        verdict, _, reason, message = reply_of(read_frames(idle[-1]))
        assert verdict == "fault" and "max_children_per_user" in reason
        assert message.startswith("Login refused: oauth-login is busy on this machine.")
        assert len(resident.children()) <= DEFAULT_CHILDREN_OF_A_USER
        assert pam_host.run("alice").codes == ("SUCCESS",), "root asks for her"
        assert reply_of(ask(VERIFY, "bob", bob))[0] == "not-enrolled"
        assert pam_host.run("bob", wrapper=by(bob)).codes == ("PERM_DENIED",)
    finally:
        for peer in idle:
            peer.close()
    wait_until(lambda: not resident.children(), "the children have ended")
    assert reply_of(ask(VERIFY, "alice", alice))[0] == "granted"
    assert anonymous_memory(resident.process) <= memory + 64, "KiB"
    assert resident.process.descriptors() == descriptors


def test_there_are_never_more_children_than_configured(corp, oauth_login, alice, bob):
    configure_limits(oauth_login, corp, max_children=6, max_children_per_user=2)
    running = Resident()
    try:
        idle = [connect(user) for user in (alice, alice, alice, bob, None, None, None, None)]
        turned_away = [reply_of(read_frames(idle[number])) for number in (2, 7)]
        assert [verdict for verdict, *_ in turned_away] == ["fault"] * 2
        assert len(running.children()) == 6, "the limit for a user does not apply to root"
        assert oauth_login.verdict("alice") == "granted", "root starts a helper instead"
        for peer in idle:
            peer.close()
        wait_until(lambda: not running.children(), "the children have ended")
        assert reply_of(ask(VERIFY, "alice", alice))[0] == "granted"
    finally:
        running.end()


def test_wrong_limits_are_named_and_the_resident_helper_starts_anyway(corp, oauth_login):
    configure_limits(oauth_login, corp, max_children=0)
    running = Resident()
    try:
        reason = reply_of(ask(VERIFY, "alice"))[2]
        assert "[helper] max_children: '0' is out of range (1 to 1000)" in reason
        running.stop()
        assert "[helper] max_children: '0' is out of range" in running.child.stderr.read()
    finally:
        running.end()


def traced(pattern, log):
    """The lines of a trace that contain the pattern."""
    return [line for line in Path(log).read_text().splitlines() if pattern in line]


def test_the_resident_parent_reads_nothing_from_peers_and_opens_nothing(
        corp, oauth_login, alice, tmp_path):
    """strace follows the parent only, not its children."""
    log = tmp_path / "trace"
    running = Resident(wrapper=("strace", "-o", str(log), "-y", "-e", "signal=none"))
    try:
        assert reply_of(ask(VERIFY, "alice", alice))[0] == "granted"
        start = len(Path(log).read_text().splitlines())
        for sent in GARBAGE.values():
            with connect(alice) as peer:
                try:
                    peer.sendall(sent)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                read_frames(peer)
        assert reply_of(ask(VERIFY, "alice", alice))[0] == "granted"
        calls = Path(log).read_text().splitlines()[start:]
    finally:
        (parent,) = children_of(running.child.pid)
        os.kill(parent, signal.SIGTERM)
        running.child.wait(5)
        running.end()
    names = {line.split("(")[0] for line in calls if "(" in line}
    assert "accept4" in names and "clone" in names
    assert names <= {"accept4", "getsockopt", "setsockopt", "clone", "close", "poll", "ppoll",
                     "read", "wait4", "restart_syscall", "rt_sigprocmask"}
    reads = [line for line in calls if line.startswith("read(")]
    assert reads and all("anon_inode:[signalfd]" in line for line in reads)


def test_without_free_descriptors_the_resident_helper_waits_and_does_not_spin(
        host, corp, oauth_login, alice, tmp_path):
    log = tmp_path / "trace"
    running = Resident(wrapper=("strace", "-o", str(log), "-e", "trace=accept4,?poll,ppoll"))
    (parent,) = children_of(running.child.pid)
    wait_until(lambda: "anon_inode:[signalfd]" in HelperProcess(parent).descriptors().values(),
               "it has opened all that it waits for")

    def allow_descriptors(count):
        assert host.run_as("oauth-login", "prlimit", f"--nofile={count}:", f"--pid={parent}").ok

    try:
        allow_descriptors(max(HelperProcess(parent).descriptors()) + 1)
        with connect(alice) as peer:
            peer.sendall(request(VERIFY, "alice"))
            wait_until(lambda: len(traced("EMFILE", log)) > 2, "it has tried again")
            allow_descriptors(100)
            assert reply_of(read_frames(peer))[0] == "granted"
        calls = Path(log).read_text().splitlines()
        after = [calls[i + 1] for i, call in enumerate(calls) if "EMFILE" in call]
        a_while = re.compile(r"fd=-1.*\], 2, (100|\{tv_sec=0, tv_nsec=100000000\})")  # poll, ppoll
        assert all(a_while.search(call) for call in after), after
    finally:
        os.kill(parent, signal.SIGTERM)
        running.child.wait(5)
        running.end()


# Starting and stopping


def test_a_resident_helper_started_by_root_drops_all_privileges(corp, resident, alice, held):
    account = pwd.getpwnam("oauth-login")
    assert (SOCKET.stat().st_uid, oct(SOCKET.stat().st_mode & 0o7777)) == (0, "0o666")
    with connect(alice) as peer:
        peer.sendall(request(VERIFY, "alice"))
        corp.wait_for_requests("/token", 2)
        (child,) = resident.children()
        for process in (resident.process, HelperProcess(child)):
            assert process.status("Uid") == [str(account.pw_uid)] * 4
            assert process.status("Gid") == [str(account.pw_gid)] * 4
            assert process.status("Groups") == []
            assert process.status("NoNewPrivs") == ["1"]
            for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
                assert int(process.status(kind)[0], 16) == 0, kind
            assert process.limit("Max core file size") == ("0", "0")
            assert (process.path / "mem").stat().st_uid == 0, "not dumpable"
            assert os.readlink(process.path / "cwd") == "/"
        process = HelperProcess(child)
        assert process.status("Umask") == ["0077"]
        assert int(process.status("SigBlk")[0], 16) == 0
        assert process.limit("Max cpu time")[1] == "60"
        assert process.limit("Max open files") == ("64", "64")
        kept = process.descriptors()
        assert [kept[fd] for fd in range(3)] == ["/dev/null"] * 3
        listener = {path for path in resident.process.descriptors().values() if "socket" in path}
        assert not listener & set(kept.values()), "a child must not accept other peers"
        held.set()
        assert reply_of(read_frames(peer))[0] == "granted"


def test_a_resident_helper_keeps_nothing_of_the_process_that_started_it(corp, oauth_login):
    """The process gives it groups, a umask, and an ignored SIGCHLD, with which the helper would not
    notice the end of a child."""
    configure_limits(oauth_login, corp, max_children=1)
    shutil.rmtree(SOCKET.parent, ignore_errors=True)
    running = Resident(wrapper=("setpriv", "--groups", "4,24", "sh", "-c",
                                'umask 077; exec "$@"', "sh", "env", "--ignore-signal=CHLD"))
    try:
        assert running.process.status("Groups") == []
        assert SOCKET.parent.stat().st_mode & 0o7777 == 0o755
        for _ in range(2):
            assert reply_of(ask(VERIFY, "alice"))[0] == "granted"
            wait_until(lambda: not running.children(), "the child has ended")
    finally:
        running.end()


@pytest.mark.parametrize("ids", ["0:990", "990:0"])
def test_a_helper_whose_user_is_root_refuses_to_start(host, installation, ids):
    rename_user(host, "oauth-login", ids)
    result = run(HELPER, "--listen", str(SOCKET), timeout=10)
    SOCKET.unlink(missing_ok=True)
    assert result.status != 0 and "its uid or gid is 0" in result.stderr


def test_options_of_root_are_limited_to_their_ranges(corp, resident):
    with connect() as peer:
        peer.sendall(request(VERIFY, "alice").replace(b"\xff" * 12, b"\0\0\x0e\x10" * 3))
        kind, fields = read_frames(peer)[0]
    assert (kind, int.from_bytes(fields[:4], "big")) == (NOTICE, 300 * 1000)


def test_the_resident_helper_ignores_its_environment(corp, oauth_login, alice):
    """With this time zone, the message for the user would show a different time."""
    oauth_login.configure(corp, login={"offline_grace": "7d"})
    assert oauth_login.verdict("alice") == "granted"
    corp.stop()
    messages = set()
    for environment in ({}, {"TZ": "ELSE-12:34"}):
        running = Resident(env={**os.environ, **environment})
        try:
            verdict, _, _, message = reply_of(ask(VERIFY, "alice", alice))
        finally:
            running.end()
        assert verdict == "granted-offline"
        messages.add(message)
    assert len(messages) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_renewal_in_flight_survives_the_stop_of_the_resident_helper(
        corp, resident, oauth_login, alice, held, number):
    spent = corp.refresh_token("alice")
    with connect(alice) as peer:
        peer.sendall(request(VERIFY, "alice"))
        corp.wait_for_requests("/token", 2)
        (child,) = resident.children()
        os.kill(child, number)  # as Ctrl-C does, or a simple service manager
        assert resident.stop(number) == 0
        held.set()
        assert reply_of(read_frames(peer))[0] == "granted"
    assert corp.refresh_token("alice") != spent
    assert oauth_login.verdict("alice") == "granted", "the rotated token was stored"


def test_repeated_crashes_of_children_end_the_resident_helper(corp, resident, alice):
    """A new process has new addresses and a new canary, which an attacker must guess again."""
    def end_a_child(number):
        with connect(alice) as peer:
            wait_until(resident.children, "it has a child")
            (child,) = resident.children()
            os.kill(child, number)
            assert read_frames(peer) == []

    crashes = [signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGSYS]
    for number in 10 * [signal.SIGKILL] + crashes + crashes[:2]:
        end_a_child(number)
        wait_until(lambda: not resident.children(), "it is reaped")
    end_a_child(signal.SIGABRT)
    assert resident.child.wait(5) == 1
    assert "too many of its children have crashed" in resident.child.stderr.read()


def test_no_request_is_lost_on_the_socket_of_a_service_manager(corp, alice):
    """A peer that connects while no helper runs gets its reply from the next one."""
    service = Activation()
    try:
        for _ in range(2):
            with connect(alice) as peer:
                peer.sendall(request(VERIFY, "alice"))
                service.start()
                assert reply_of(read_frames(peer))[0] == "granted"
            service.stop()
    finally:
        service.end()


def test_the_resident_helper_accepts_a_socket_from_systemd(corp, oauth_login, alice):
    """systemd-socket-activate starts it as root at the first connection."""
    SOCKET.parent.mkdir(mode=0o755, exist_ok=True)
    activator = subprocess.Popen(
        ["systemd-socket-activate", "--listen", str(SOCKET), HELPER, "--serve"],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(is_listening, "it listens")
        SOCKET.chmod(0o666)
        assert reply_of(ask(VERIFY, "alice", alice))[0] == "granted"
        assert HelperProcess(activator.pid).alive(), "the activator has become the helper"
        assert HelperProcess(activator.pid).status("Uid")[0] != "0"
    finally:
        activator.terminate()
        activator.wait(5)
        SOCKET.unlink(missing_ok=True)


@pytest.mark.parametrize("words", [("--serve",), ("--listen", "relative"),
                                   ("--listen", "/etc/hostname")], ids=" ".join)
def test_a_helper_without_a_socket_to_listen_on_says_why(installation, words):
    result = run(HELPER, *words)
    assert result.status == 1
    assert result.stderr.startswith("oauth-login-helper: ") and result.stdout == ""
    assert Path("/etc/hostname").is_file()


@pytest.mark.parametrize("words", [("--serve", "--listen", "/x"), ("--listen",), ("serve",)],
                         ids=" ".join)
def test_wrong_arguments_of_the_helper_show_its_usage(installation, words):
    result = run(HELPER, *words)
    assert result.status == 2 and "[--serve | --listen PATH]" in result.stderr
