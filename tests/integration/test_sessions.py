"""A session that is open: its token stays valid, and it ends when the account ends."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

import pytest
from helper_process import wait_until
from process import run
from scripted_server import Answer
from shell import Shell, stay

SESSIONS = Path("/run/oauth-login/sessions")
READ_KEY = "keyctl pipe %user:oauth-login:corp"
HOUR = 3600


@pytest.fixture
def watched(oauth_login, provider, alice, host):
    """alice is enrolled, sshd asks for her, and no session is open."""
    for file in SESSIONS.glob("*"):
        file.unlink()
    oauth_login.use("sshd")
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    return provider


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


def test_a_session_is_known_from_its_opening_to_its_end(watched, sshd):
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        (file,) = files()
        assert SESSIONS.stat().st_mode & 0o777 == 0o700 and SESSIONS.stat().st_uid == 0
        assert file.stat().st_mode & 0o777 == 0o600
        assert fields(file)["service"] == "sshd"
        assert "sshd" in Path("/proc", fields(file)["leader"], "comm").read_text()
        session.send_line("exit")
        session.wait()
    wait_until(lambda: not files(), "the session's file is gone")


def test_ten_sessions_get_their_new_token_by_one_renewal(watched, sshd, oauth_login):
    with contextlib.ExitStack() as stack:
        sessions = opened(stack, sshd, 10)
        before = len(watched.requests("/token"))
        old = sessions[0].told(READ_KEY)
        make_due()
        watch(oauth_login)
        assert len(watched.requests("/token")) == before + 1
        (new,) = {session.told(READ_KEY) for session in sessions}
        assert new != old and watched.userinfo(new)["sub"] == watched.subject("alice")


def test_a_new_session_is_looked_at_without_another_renewal(watched, sshd, oauth_login):
    with contextlib.ExitStack() as stack:
        opened(stack, sshd)
        before = len(watched.requests("/token"))
        watch(oauth_login)
        assert len(watched.requests("/token")) == before
        (file,) = files()
        assert 0 < int(fields(file)["interval"]) <= 900
        watch(oauth_login)
        assert len(watched.requests("/token")) == before, "it is not due yet"


def test_a_session_of_many_token_lives_always_has_a_valid_one(watched, sshd, oauth_login):
    watched.expires_in = 6
    with contextlib.ExitStack() as stack:
        sessions = opened(stack, sshd, 3)
        runs = subprocess.Popen(["oauth-login", "watch"])
        stack.callback(runs.wait)
        stack.callback(runs.terminate)
        for count in range(2, 7):
            watched.wait_for_requests("/token", len(sessions) + 1 + count, timeout=30)
            for session in sessions:
                assert watched.userinfo(session.told(READ_KEY))["sub"] == watched.subject("alice")


def test_a_watch_that_was_killed_loses_nothing(watched, sshd, oauth_login):
    watched.expires_in = 8
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        for _ in range(2):
            before = len(watched.requests("/token"))
            runs = subprocess.Popen(["oauth-login", "watch"])
            watched.wait_for_requests("/token", before + 1, timeout=30)
            runs.kill()
            runs.wait()
            assert len(files()) == 1
        make_due()
        runs = subprocess.Popen(["oauth-login", "watch"])
        stack.callback(runs.wait)
        stack.callback(runs.terminate)
        watched.wait_for_requests("/token", before + 2, timeout=30)
        wait_until(lambda: session.tried(READ_KEY)[0] == 0, "the session has a token")


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


def test_the_person_reads_why_the_session_ends(watched, sshd, oauth_login, host):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        session = stack.enter_context(Shell(*sshd.client("alice", tty=True)))
        session.told("true")
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        session.expect("the provider no longer wants this account")
        session.wait()


@pytest.fixture
def logind(host, tmp_path):
    """Makes a session's leader one of logind's; returns what loginctl is told then.

    A stand-in: the real one needs systemd as process 1.
    """
    told = tmp_path / "told"
    Path("/run/systemd/seats").mkdir(parents=True)
    host.files.write("/usr/bin/loginctl", f'#!/bin/sh\necho "$@" >>{told}\n', mode=0o755)
    covered = []

    def adopt(leader):
        (tmp_path / "cgroup").write_text("0::/user.slice/user-2000.slice/session-c3.scope\n")
        run("mount", "--bind", str(tmp_path / "cgroup"), f"/proc/{leader}/cgroup", check=True)
        covered.append(f"/proc/{leader}/cgroup")
        return told

    yield adopt
    for path in covered:
        run("umount", path)  # gone already with a leader that has ended
    Path("/run/systemd/seats").rmdir()


@pytest.mark.parametrize("on_revoked, verb", [("lock", "lock"), ("terminate", "terminate")])
def test_where_logind_runs_it_is_told(on_revoked, verb, watched, sshd, oauth_login, logind):
    oauth_login.configure(watched, login={"on_revoked": on_revoked})
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        told = logind(fields(files()[0])["leader"])
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        assert told.read_text() == f"{verb}-session c3\n"
        assert session.told("id -un") == "alice", "the rest is logind's"


def test_a_lock_that_nobody_can_do_is_said(watched, sshd, oauth_login, host):
    oauth_login.configure(watched, login={"on_revoked": "lock"})
    with contextlib.ExitStack() as stack:
        opened(stack, sshd)
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        host.log.wait_for(r"is locked, or should be: it could not be done")


def test_by_default_the_log_alone_says_so(watched, sshd, oauth_login, host):
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        host.log.wait_for(r"alice: the session of sshd\[\d+\] goes on \(verdict=reauthorize")
        assert session.told("id -un") == "alice"


@pytest.mark.parametrize("answer", [Answer(503), Answer.json({"error": "invalid_client"}, 401)])
def test_what_says_nothing_of_the_account_never_ends_a_session(answer, watched, sshd, oauth_login):
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
        for _ in range(3):  # lost, then known to be lost, then still
            make_due()
            watch(oauth_login)
        assert oauth_login.verdict("alice") == "reauthorize"
        assert session.told("id -un") == "alice"
        oauth_login.enroll_at(watched, "alice")
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        session.wait()


def test_the_token_ends_with_a_session_that_nobody_closed(watched, sshd, oauth_login):
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        (file,) = files()
        ring = fields(file)["ring"]
        assert run("keyctl", "describe", ring).ok
        os.kill(int(fields(file)["leader"]), signal.SIGKILL)
        assert session.tried(READ_KEY)[0] == 0, "the processes of the session outlive its leader"
        watch(oauth_login)
        assert not files()
        assert session.tried(READ_KEY)[0] != 0


def test_another_account_cannot_read_the_sessions_token(watched, sshd, oauth_login, bob):
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        ring = fields(files()[0])["ring"]
        key = session.told("keyctl search %keyring:oauth-login user oauth-login:corp")
        for serial in (ring, key):
            assert not run("setpriv", "--reuid", str(bob.uid), "--regid", str(bob.uid),
                           "--clear-groups", "keyctl", "pipe", serial).ok
        assert not run("setpriv", "--reuid", str(bob.uid), "--regid", str(bob.uid),
                       "--clear-groups", "cat", str(files()[0])).ok


def test_a_files_session_whose_number_went_to_another_process_is_over(watched, sshd, oauth_login):
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


def test_only_root_watches(alice):
    result = run("setpriv", "--reuid", str(alice.uid), "--regid", str(alice.uid),
                 "--clear-groups", "oauth-login", "watch")
    assert result.status == 6 and "only root" in result.stderr
