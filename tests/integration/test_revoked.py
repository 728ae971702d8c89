# SPDX-License-Identifier: BSD-2-Clause
"""The sessions of a closed account: signals to leaders, calls of loginctl, and messages."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import termios
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from process import run
from scripted_server import Answer
from terminal import Terminal
from open_sessions import forget_all, started, watch, write_session

WORD = b"the account is closed at the provider"


@pytest.fixture
def ended(corp, oauth_login):
    """alice was enrolled, but is removed at the provider; on_revoked is terminate."""
    forget_all()
    oauth_login.configure(corp, login={"on_revoked": "terminate"})
    corp.remove_user("alice")
    return corp


@pytest.fixture
def terminal(alice):
    """A terminal that belongs to alice and is no process's controlling terminal: (master, name)."""
    master, slave = pty.openpty()
    os.fchown(slave, alice.uid, -1)
    os.set_blocking(master, False)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


def is_silent(master):
    """Whether nothing was written to the terminal."""
    return not select.select([master], [], [], 0)[0]


def test_a_refusal_by_the_provider_ends_a_session_like_a_dead_grant(corp, leader, oauth_login):
    oauth_login.configure(corp, login={"on_revoked": "terminate"})
    corp.queue("/token", Answer.json({"error": "access_denied"}, 400))
    write_session("alice", leader.pid)
    watch(oauth_login)
    assert leader.wait(10) < 0


@pytest.mark.parametrize("how, ends", [((), True), (("--forget",), False)])
def test_a_session_ends_after_unenrolling_but_not_after_forgetting(
        how, ends, corp, leader, oauth_login):
    oauth_login.configure(corp, login={"on_revoked": "terminate"})
    assert oauth_login.run("unenroll", "alice", "--yes", *how).status in (0, 6)
    assert oauth_login.verdict("alice") == "not-enrolled"
    write_session("alice", leader.pid)
    watch(oauth_login)
    assert (leader.wait(10) < 0) if ends else (leader.poll() is None)


# logind


@pytest.fixture
def logind(host, leader, alice, tmp_path):
    """Puts the leader into a session of alice; replaces loginctl by a script.

    The script stands in for the real loginctl, which needs systemd as process 1.
    """
    group = tmp_path / "cgroup"
    group.write_text(f"0::/user.slice/user-{alice.uid}.slice/session-c3.scope\n")
    run("mount", "--bind", str(group), f"/proc/{leader.pid}/cgroup", check=True)
    Path("/run/systemd/seats").mkdir(parents=True)
    yield lambda script: host.files.write("/usr/bin/loginctl", f"#!/bin/sh\n{script}\n", mode=0o755)
    with contextlib.suppress(FileNotFoundError):
        Path("/run/systemd/seats").rmdir()
    run("umount", f"/proc/{leader.pid}/cgroup")


def test_loginctl_inherits_nothing_from_the_watch(ended, leader, oauth_login, logind, tmp_path):
    """It gets neither the watch's lock, which it would hold until it ends, nor its environment."""
    told = tmp_path / "told"
    script = logind(f"(env; stat -L -c '%n=%F' /proc/$$/fd/*) >{told}")
    write_session("alice", leader.pid)
    assert oauth_login.run("watch", env={**os.environ, "LEAK": "1"}).ok
    lines = dict(line.split("=", 1) for line in told.read_text().splitlines())
    assert {name for name in lines if "/fd/" not in name} <= {"PWD", "OLDPWD", "SHLVL", "_"}
    descriptors = {int(name.rpartition("/")[2]): kind for name, kind in lines.items()
                   if "/fd/" in name}
    assert set(descriptors) <= {0, 1, 2, 10}, f"10 is the shell's own, for {script}"
    assert descriptors[10] == "regular file"


def test_a_killed_watch_ends_the_session_in_its_next_run(
        ended, leader, oauth_login, logind, tmp_path):
    begun, told = tmp_path / "begun", tmp_path / "told"
    os.mkfifo(begun)
    logind(f"echo >{begun}; exec sleep 60")
    write_session("alice", leader.pid)
    runs = subprocess.Popen(["oauth-login", "watch"], start_new_session=True)
    begun.read_text()
    os.killpg(runs.pid, signal.SIGKILL)
    runs.wait()
    logind(f"echo $@ >>{told}")
    watch(oauth_login)
    assert told.read_text() == "terminate-session c3\n"


def test_without_logind_the_leader_is_signalled(ended, leader, oauth_login, logind, tmp_path):
    """The control group may still look like logind's, as in a container."""
    told = tmp_path / "told"
    logind(f"echo $@ >>{told}")
    Path("/run/systemd/seats").rmdir()
    write_session("alice", leader.pid)
    watch(oauth_login)
    assert leader.wait(10) < 0 and not told.exists()


def test_a_session_that_logind_ends_is_left_to_logind(
        ended, leader, oauth_login, logind, host, terminal):
    mark = host.log.mark()
    logind("exit 0")
    write_session("alice", leader.pid, terminal=terminal[1])
    watch(oauth_login)
    host.log.wait_for(r"alice: the session of test\[\d+\] was ended \(", since=mark)
    assert is_silent(terminal[0]) and leader.poll() is None


def test_the_leader_is_signalled_if_loginctl_was_killed(ended, leader, oauth_login, logind):
    logind("kill -9 $$")
    write_session("alice", leader.pid)
    watch(oauth_login)
    assert leader.wait(10) < 0


# The leader


def test_a_pid_reused_while_the_provider_is_asked_is_not_signalled(ended, oauth_login):
    release = threading.Event()
    ended.queue("/token", lambda request: replace(ended.correct(request), hold=release))
    asked = len(ended.requests("/token"))
    with started() as leader:
        write_session("alice", leader.pid)
        runs = subprocess.Popen(["oauth-login", "watch"])
        ended.wait_for_requests("/token", asked + 1)
        leader.kill()
        leader.wait()
        Path("/proc/sys/kernel/ns_last_pid").write_text(str(leader.pid - 1))
        with started() as innocent:
            assert innocent.pid == leader.pid
            release.set()
            assert runs.wait(30) == 0
            assert innocent.poll() is None


# The terminal


def test_the_leaders_terminal_gets_the_message_whoever_owns_it(ended, oauth_login, alice, bob):
    """With su, the terminal belongs to the user who called it."""
    with Terminal("sh", "-c", "echo $$; exec sleep 60", user="bob") as caller:
        leader = int(caller.expect(r"(\d+)\n")[1])
        write_session("alice", leader, terminal=os.readlink(f"/proc/{leader}/fd/0"))
        watch(oauth_login)
        caller.expect(WORD.decode())
        caller.wait()


def test_the_end_of_a_session_is_shown_on_no_other_terminal(
        ended, oauth_login, leader, terminal, bob):
    master, name = terminal
    os.chown(name, bob.uid, -1)
    oauth_login.enroll(ended, "bob")
    write_session("bob", leader.pid, terminal=name)
    with started() as of_alice:
        write_session("alice", of_alice.pid)
        watch(oauth_login)
        assert of_alice.wait(10) < 0
    assert is_silent(master) and leader.poll() is None


def test_there_is_time_to_read_why_a_session_ends(ended, leader, terminal, tmp_path):
    master, name = terminal
    calls = tmp_path / "calls"
    write_session("alice", leader.pid, terminal=name)
    run("strace", "-f", "-qq", "-o", str(calls), "-e",
        "trace=write,clock_nanosleep,pidfd_send_signal",
        "oauth-login", "watch", check=True)
    text = calls.read_text()
    assert WORD in os.read(master, 4096)
    assert text.index("This session ends") < text.index("nanosleep") < text.index("SIGHUP")


def test_a_stopped_terminal_does_not_delay_the_end_of_a_session(ended, oauth_login, terminal):
    """Ctrl-S stops a terminal."""
    _, name = terminal
    stopped = os.open(name, os.O_WRONLY | os.O_NOCTTY)
    termios.tcflow(stopped, termios.TCOOFF)
    with started() as leader:
        write_session("alice", leader.pid, terminal=name)
        watch(oauth_login)
        assert leader.wait(10) < 0
    termios.tcflow(stopped, termios.TCOON)
    os.close(stopped)


@pytest.mark.parametrize("on_revoked", ["log", "lock"])
def test_a_session_that_may_continue_gets_no_message(
        on_revoked, ended, leader, oauth_login, terminal):
    master, name = terminal
    oauth_login.configure(ended, login={"on_revoked": on_revoked})
    write_session("alice", leader.pid, terminal=name)
    watch(oauth_login)
    assert is_silent(master) and leader.poll() is None


def test_a_session_that_shares_its_leader_with_another_account_gets_no_message(
        ended, leader, oauth_login, terminal, bob):
    master, name = terminal
    oauth_login.enroll(ended, "bob")
    write_session("alice", leader.pid, terminal=name)
    write_session("bob", leader.pid, number=8)
    watch(oauth_login)
    assert is_silent(master) and leader.poll() is None


def test_a_terminal_name_that_leads_out_of_dev_is_not_opened(ended, oauth_login):
    """Opening the file would have an effect, as with this pipe."""
    pipe = "/tmp/pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    seen = select.poll()
    seen.register(reader, 0)
    with started() as leader:
        write_session("alice", leader.pid, terminal=f"pts/../..{pipe}")
        watch(oauth_login)
        assert leader.wait(10) < 0
    assert seen.poll(0) == [], "the watch has not opened it"
    os.close(reader)
    os.unlink(pipe)
