# SPDX-License-Identifier: BSD-2-Clause
"""The open sessions of an account end when it is closed, and no others do."""

import contextlib
import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest
from many_sessions import ManySessions
from open_sessions import SESSIONS, fields, files, make_due, opened, watch, write_session
from process import run
from scripted_server import Answer
from shell import Shell


def test_the_end_of_the_account_ends_its_sessions_and_no_others(
        watched, sshd, oauth_login, bob, host):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    oauth_login.enroll(watched, "bob")
    with contextlib.ExitStack() as stack:
        sessions = opened(stack, sshd, 2)
        (other,) = opened(stack, sshd, user="bob")
        watched.remove_user("alice")
        make_due()
        make_due("bob")
        watch(oauth_login)
        for session in sessions:
            session.wait()
        assert other.told("id -un") == "bob"
        watch(oauth_login)
        assert not files() and len(files("bob")) == 1


def test_unenrolling_inside_a_session_does_not_keep_the_session_open(
        watched, sshd, oauth_login, resident):
    """Users may unenroll themselves in the session that must end."""
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        session.told("oauth-login unenroll --yes")
        make_due()
        watch(oauth_login)
        session.wait()


@pytest.mark.parametrize("service, option, known", [
    ("door", "", 1), ("door", "nouserok", 0), ("systemd-user", "", 0)])
def test_unenrolling_just_before_a_session_opens_does_not_hide_it_from_the_watch(
        service, option, known, watched, oauth_login, host):
    """The watch does not know a session for which no grant was needed."""
    host.pam(service, f"session required pam_oauth_login.so {option}\n")
    assert oauth_login.run("unenroll", "alice", "--yes").ok
    with ManySessions(service, ["alice"], 1) as sessions:
        assert [code for code, _ in sessions.opened] == [0]
        assert len(files()) == known


def test_the_person_reads_why_the_session_ends(watched, sshd, oauth_login, host):
    """Each session has its own terminal, which sshd passes only to the login record."""
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(Shell(*sshd.client("alice", tty=True))) for _ in range(2)]
        for session in sessions:
            session.told("true")
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        for session in sessions:
            session.expect("the account is closed at the provider")
            session.wait()


@pytest.fixture
def logind(host, tmp_path):
    """adopt(leader, group) puts a leader into a control group; returns the log of loginctl calls.

    A stand-in, because the real logind, as in test_logind.py, makes no misleading groups.
    """
    told = tmp_path / "told"
    Path("/run/systemd/seats").mkdir(parents=True)
    host.files.write("/usr/bin/loginctl", f'#!/bin/sh\necho "$@" >>{told}\n', mode=0o755)
    covered = []

    def adopt(leader, group):
        (tmp_path / "cgroup").write_text(f"0::/user.slice/{group}\n")
        run("mount", "--bind", str(tmp_path / "cgroup"), f"/proc/{leader}/cgroup", check=True)
        covered.append(f"/proc/{leader}/cgroup")
        return told

    yield adopt
    for path in covered:
        run("umount", path)  # it is gone already if the leader has ended
    Path("/run/systemd/seats").rmdir()


@pytest.mark.parametrize("group", [
    "user-{other}.slice/session-c3.scope",
    "user-{own}.slice/user@{own}.service/app.slice/session-c3.scope",
    "user-{own}.slice/user@{own}.service/user.slice/user-{own}.slice/session-c3.scope",
    "user-{own}.slice/x:/user.slice/user-{own}.slice/session-c3.scope",
    "user-{own}.slice/session-c3.scope.d",
], ids=["of_another_account", "made_by_the_user", "made_to_look_alike", "with_a_colon",
        "with_a_longer_name"])
def test_a_control_group_of_another_account_is_not_ended_by_logind(
        group, watched, sshd, oauth_login, logind, alice, bob):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        told = logind(fields(files()[0])["leader"], group.format(own=alice.uid, other=bob.uid))
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        session.wait()
        assert not told.exists()


def test_a_session_ends_even_if_logind_does_not_answer(
        watched, sshd, oauth_login, logind, host, alice):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        logind(fields(files()[0])["leader"], f"user-{alice.uid}.slice/session-c3.scope")
        host.files.write("/usr/bin/loginctl", "#!/bin/sh\nexit 1\n", mode=0o755)
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        session.wait()


def test_a_session_that_cannot_be_locked_is_logged(watched, sshd, oauth_login, host):
    oauth_login.configure(watched, login={"on_revoked": "lock"})
    with contextlib.ExitStack() as stack:
        opened(stack, sshd)
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        host.log.wait_for(r"the session of sshd\[\d+\] could not be locked")


def test_by_default_the_end_of_the_account_is_only_logged(watched, sshd, oauth_login, host):
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        host.log.wait_for(r"alice: the session of sshd\[\d+\] goes on \(verdict=reauthorize")
        assert session.told("id -un") == "alice"


@pytest.mark.parametrize("answer", [Answer(503), Answer.json({"error": "invalid_client"}, 401)])
def test_an_error_unrelated_to_the_account_never_ends_a_session(answer, watched, sshd, oauth_login):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        watched.queue("/token", answer)
        make_due()
        watch(oauth_login)
        assert session.told("id -un") == "alice"


def test_a_lost_answer_never_ends_a_session(watched, sshd, oauth_login):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        watched.queue("/token", watched.lost, watched.lost)
        for _ in range(3):  # lost, then known to be lost, and still so
            make_due()
            watch(oauth_login)
        assert oauth_login.verdict("alice") == "reauthorize"
        assert session.told("id -un") == "alice"
        oauth_login.enroll_at(watched, "alice")
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        session.wait()


def test_a_leader_that_also_serves_another_account_is_not_ended(watched, oauth_login, host, bob):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    oauth_login.enroll(watched, "bob")
    watched.remove_user("alice")
    with subprocess.Popen(["sleep", "60"]) as leader:
        write_session("alice", leader.pid)
        write_session("bob", leader.pid, number=8)
        watch(oauth_login)
        host.log.wait_for(r"alice: the session of test\[\d+\] goes on \(verdict=reauthorize")
        assert leader.poll() is None
        leader.terminate()


@pytest.mark.parametrize("signals", ["HUP", "TERM"])
def test_a_leader_that_ignores_one_of_the_two_signals_is_ended(signals, watched, oauth_login):
    """su blocks SIGHUP, systemd --user reloads on it, and shells ignore SIGTERM."""
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    watched.remove_user("alice")
    leader = subprocess.Popen(["sh", "-c", f"trap '' {signals}; echo; exec sleep 60"],
                              stdout=subprocess.PIPE, text=True)
    leader.stdout.readline()
    write_session("alice", leader.pid)
    watch(oauth_login)
    assert leader.wait(30) < 0


def test_a_stopped_leader_is_ended_too(watched, oauth_login):
    """su stops itself while its shell is suspended, or another process stops it."""
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    watched.remove_user("alice")
    with subprocess.Popen(["sleep", "60"]) as leader:
        leader.send_signal(signal.SIGSTOP)
        write_session("alice", leader.pid)
        watch(oauth_login)
        try:
            assert leader.wait(30) in (-signal.SIGHUP, -signal.SIGTERM)
        finally:
            leader.kill()


def test_a_terminal_that_now_belongs_to_another_user_is_not_written_to(watched, oauth_login, bob):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    watched.remove_user("alice")
    master, slave = pty.openpty()
    os.fchown(slave, bob.uid, -1)
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as leader:
        write_session("alice", leader.pid, terminal=os.ttyname(slave))
        watch(oauth_login)
        assert leader.wait(30) < 0
    os.set_blocking(master, False)
    with pytest.raises(BlockingIOError):
        os.read(master, 1)
    os.close(master)
    os.close(slave)


def test_a_session_file_whose_pid_was_reused_is_removed(watched, sshd, oauth_login):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    watched.remove_user("alice")
    with subprocess.Popen(["sleep", "60"]) as innocent:
        SESSIONS.mkdir(parents=True, exist_ok=True)
        SESSIONS.chmod(0o700)
        (SESSIONS / f"{innocent.pid}.1.0").write_text(
            f"account alice\nservice sshd\nterminal -\nconfig -\nleader {innocent.pid}\nstarted 1\n"
            "ring 0\nopened 1\ndue 1\ninterval 0\n")
        watch(oauth_login)
        assert innocent.poll() is None and not files()
        innocent.send_signal(signal.SIGTERM)
