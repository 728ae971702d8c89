# SPDX-License-Identifier: BSD-2-Clause
"""The watch: when and how often it asks the provider, and the tokens that sessions get."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import replace

import pytest
from helper_process import HELPER, wait_until
from impostor import impostor
from open_sessions import READ_KEY, SESSIONS, fields, files, make_due, opened, watch, write_session
from process import run
from reply_frames import GRANTED, notice, reply
from scripted_provider import answering
from scripted_server import Answer


def change(file, **values):
    """Changes values in a session's file."""
    text = "".join(f"{key} {value}\n" for key, value in {**fields(file), **values}.items())
    file.write_text(text)


def boot_seconds():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@pytest.mark.parametrize("interval, asks", [(900, 0), (1, 1)])
def test_the_watch_uses_an_answer_from_the_newer_half_of_the_interval(
        interval, asks, corp, oauth_login, leader):
    """The answer comes from another login. Reusing an older one would let nearly two intervals
    pass between checks."""
    change(write_session("alice", leader.pid), interval=interval)
    assert oauth_login.verdict("alice") == "granted"
    asked = len(corp.requests("/token"))
    watch(oauth_login)
    assert len(corp.requests("/token")) == asked + asks


def test_checks_of_accounts_are_spread_over_the_last_tenth_of_the_interval(
        corp, oauth_login, leader, bob):
    corp.expires_in = 3600
    oauth_login.enroll(corp, "bob")
    files = [write_session(user, leader.pid, number=number)
             for number, user in enumerate(("alice", "alice", "bob"), 1)]
    for _ in range(2):
        for file in files:
            change(file, due=1, interval=0)
        before = boot_seconds()
        watch(oauth_login)
        assert {fields(file)["interval"] for file in files} == {"900"}
        assert sorted(SESSIONS.iterdir()) == sorted(files), "no other file is left"
        dues = [int(fields(file)["due"]) for file in files]
        assert all(before + 809 < due <= boot_seconds() + 900 for due in dues)
        assert abs(dues[0] - dues[1]) < 10 < dues[2] - dues[0], "each account at its own time"


def test_the_watch_checks_each_session_with_its_own_configuration(corp, oauth_login, host, leader):
    other = host.configure("[login]\n", name="other.conf")
    here = write_session("alice", leader.pid)
    elsewhere = write_session("alice", leader.pid, number=8)
    change(elsewhere, config=str(other))
    corp.expires_in = 3600
    watch(oauth_login)
    assert fields(here)["interval"] == "900"
    assert fields(elsewhere)["interval"] == "60", "misconfigured: nothing is known"


def test_the_watch_asks_a_failing_helper_again_after_a_minute(corp, oauth_login, host, leader):
    host.files.write(HELPER, "#!/bin/sh\nexit 1\n", mode=0o755)
    file = write_session("alice", leader.pid)
    watch(oauth_login)
    assert fields(file)["interval"] == "60"
    assert boot_seconds() < int(fields(file)["due"]) <= boot_seconds() + 60


def test_the_watch_keeps_running_until_the_next_session_is_due(corp, oauth_login, leader):
    asked, file = len(corp.requests("/token")), write_session("alice", leader.pid)
    change(write_session("bob", leader.pid, number=8), due=10 ** 12)
    corp.expires_in = 4
    watch_process = subprocess.Popen(["oauth-login", "watch"])
    corp.wait_for_requests("/token", asked + 2)
    watch_process.kill()
    watch_process.wait()
    assert fields(file)["interval"] in ("1", "2")


BUSY, DENIED = Answer(503), Answer.json({"error": "access_denied"}, 400)


@pytest.mark.parametrize("answer, check_sessions, interval", [
    (3600, "15m", 900), (1000, "15m", 500), (3600, "20s", 20), (BUSY, "15m", 60),
    (BUSY, "20s", 20), (DENIED, "15m", 900),
], ids=["long life", "half the life", "as configured", "no answer", "no answer, as configured",
        "refused"])
def test_the_watch_checks_again_before_the_token_expires(
        answer, check_sessions, interval, corp, oauth_login, leader):
    oauth_login.configure(corp, login={"check_sessions": check_sessions})
    file = write_session("alice", leader.pid)
    if isinstance(answer, int):
        answering(corp, expires_in=answer)
    else:
        corp.queue("/token", answer)
    watch_process = subprocess.Popen(["oauth-login", "watch"])
    wait_until(lambda: fields(file)["due"] != "1", "it was checked")
    watch_process.kill()
    watch_process.wait()
    assert interval - 1 <= int(fields(file)["interval"]) <= interval


def test_a_token_that_expires_at_once_is_renewed_at_most_once_a_second(corp, oauth_login, leader):
    file = write_session("alice", leader.pid)
    corp.expires_in = 1
    watch_process = subprocess.Popen(["oauth-login", "watch"])
    wait_until(lambda: fields(file)["due"] != "1", "it was checked")
    watch_process.kill()
    watch_process.wait()
    assert fields(file)["interval"] == "1"


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


def test_the_watch_checks_a_new_session_without_another_renewal(watched, sshd, oauth_login):
    with contextlib.ExitStack() as stack:
        opened(stack, sshd)
        before = len(watched.requests("/token"))
        watch(oauth_login)
        assert len(watched.requests("/token")) == before
        (file,) = files()
        assert 0 < int(fields(file)["interval"]) <= 900
        watch(oauth_login)
        assert len(watched.requests("/token")) == before, "it is not due yet"


def test_a_session_that_outlives_many_tokens_always_has_a_valid_one(watched, sshd, oauth_login):
    watched.expires_in = 6
    with contextlib.ExitStack() as stack:
        sessions = opened(stack, sshd, 10)
        watch_process = subprocess.Popen(["oauth-login", "watch"])
        stack.callback(watch_process.wait)
        stack.callback(watch_process.terminate)
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
            watch_process = subprocess.Popen(["oauth-login", "watch"])
            watched.wait_for_requests("/token", before + 1, timeout=30)
            watch_process.kill()
            watch_process.wait()
            assert len(files()) == 1
        make_due()
        watch_process = subprocess.Popen(["oauth-login", "watch"])
        stack.callback(watch_process.wait)
        stack.callback(watch_process.terminate)
        watched.wait_for_requests("/token", before + 2, timeout=30)
        wait_until(lambda: session.tried(READ_KEY)[0] == 0, "the session has a token")


def test_a_watch_that_cannot_see_the_leaders_removes_no_session(watched, sshd, oauth_login, host):
    """/proc is mounted with hidepid=2,gid=GROUP, and the watch has the capabilities of its unit."""
    limited = ("setpriv", "--bounding-set=-all,+setuid,+setgid,+setpcap,+kill,+dac_override",
               "--no-new-privs", "oauth-login", "watch")
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        run("mount", "-o", "remount,hidepid=2,gid=4", "/proc", check=True)
        stack.callback(run, "mount", "-o", "remount,hidepid=0,gid=0", "/proc", check=True)
        mark = host.log.mark()
        assert run(*limited).status == 5
        host.log.wait_for("see the processes of other users: .*SupplementaryGroups", since=mark)
        assert len(files()) == 1
        assert session.tried(READ_KEY)[0] == 0
        assert run("setpriv", "--groups=4", *limited[1:]).ok


def test_a_session_that_closes_while_it_is_checked_stays_closed(watched, oauth_login):
    release = threading.Event()
    with subprocess.Popen(["sleep", "60"]) as leader:
        file = write_session("alice", leader.pid)
        before = len(watched.requests("/token"))
        watched.queue("/token",
                      lambda request: replace(watched.correct(request), hold=release))
        watch_process = subprocess.Popen(["oauth-login", "watch"])
        watched.wait_for_requests("/token", before + 1, timeout=30)
        file.unlink()
        release.set()
        assert watch_process.wait(30) == 0
        leader.terminate()
    assert list(SESSIONS.iterdir()) == []


def test_a_slow_answer_for_one_account_does_not_delay_another(watched, sshd, oauth_login, bob):
    oauth_login.enroll(watched, "bob")
    release = threading.Event()
    with contextlib.ExitStack() as stack:
        for account in ("alice", "bob"):
            opened(stack, sshd, user=account)
            make_due(account)
        before = len(watched.requests("/token"))
        watched.queue("/token",
                      lambda request: replace(watched.correct(request), hold=release))
        watch_process = subprocess.Popen(["oauth-login", "watch"])
        watched.wait_for_requests("/token", before + 2)
        release.set()
        assert watch_process.wait(30) == 0


def test_the_watch_works_with_sigchld_ignored(watched, oauth_login, host):
    """Uses nine accounts, more than are checked in parallel, so that jobs have to be waited for
    while SIGCHLD is ignored."""
    with subprocess.Popen(["sleep", "60"]) as leader:
        for number in range(9):
            write_session(host.add_user(f"many{number}").name, leader.pid, number=10 + number)
        assert run("env", "--ignore-signal=CHLD", "oauth-login", "watch", timeout=30).ok
        leader.terminate()


def test_a_watch_that_can_record_nothing_asks_only_once(watched, sshd, oauth_login, host):
    SESSIONS.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        run("mount", "-t", "tmpfs", "-o", "size=4k,mode=0700", "full", str(SESSIONS), check=True)
        stack.callback(run, "umount", "--lazy", str(SESSIONS))
        opened(stack, sshd)
        make_due()
        before = len(watched.requests("/token"))
        failed = oauth_login.run("watch")
        assert failed.status == 5 and "the next run tries" in failed.stderr
        assert len(watched.requests("/token")) == before + 1
        host.log.wait_for(r"cannot write /run/oauth-login/sessions/\d+\S+: No space left")


def test_only_root_can_block_the_watch(watched, sshd, oauth_login, alice):
    with contextlib.ExitStack() as stack:
        opened(stack, sshd)
        for place in (SESSIONS.parent, SESSIONS):
            locker = subprocess.Popen(
                ["setpriv", "--reuid", str(alice.uid), "--clear-groups", "flock", str(place),
                 "sh", "-c", "echo locked; sleep 60"], stdout=subprocess.PIPE, text=True,
                stderr=subprocess.DEVNULL, start_new_session=True)
            stack.callback(locker.wait)
            stack.callback(os.killpg, locker.pid, signal.SIGKILL)
            assert (locker.stdout.readline() == "locked\n") == (place == SESSIONS.parent)
        make_due()
        before = len(watched.requests("/token"))
        watch(oauth_login)
        assert len(watched.requests("/token")) == before + 1


def test_only_one_watch_runs_at_a_time(watched, sshd, oauth_login):
    release = threading.Event()
    with contextlib.ExitStack() as stack:
        opened(stack, sshd)
        make_due()
        before = len(watched.requests("/token"))
        watched.queue("/token",
                      lambda request: replace(watched.correct(request), hold=release))
        first = subprocess.Popen(["oauth-login", "watch"])
        watched.wait_for_requests("/token", before + 1, timeout=30)
        second = oauth_login.run("watch")
        assert second.ok and "another watch is running" in second.stderr
        release.set()
        assert first.wait(30) == 0
        assert len(watched.requests("/token")) == before + 1


def test_a_compromised_helper_cannot_postpone_the_next_check_for_ever(watched, oauth_login):
    session = b"\1\7\0" + (0xffffffff).to_bytes(4, "big")
    with subprocess.Popen(["sleep", "60"]) as leader, \
            impostor(notice(5000) + len(session).to_bytes(4, "big") + session + reply(GRANTED)):
        file = write_session("alice", leader.pid)
        watch(oauth_login)
        assert 0 < int(fields(file)["interval"]) <= 60
        leader.terminate()


def test_a_new_session_does_not_postpone_the_check_of_existing_ones(watched, sshd, oauth_login):
    with contextlib.ExitStack() as stack:
        opened(stack, sshd)
        watch(oauth_login)
        (old,) = files()
        old.write_text(old.read_text().replace(f"due {fields(old)['due']}", "due 999999999999"))
        opened(stack, sshd)
        watch(oauth_login)
        assert fields(old)["due"] == "999999999999"
        assert all(fields(file)["due"] != "0" for file in files())


def test_only_root_may_run_the_watch(alice):
    result = run("setpriv", "--reuid", str(alice.uid), "--regid", str(alice.uid),
                 "--clear-groups", "oauth-login", "watch")
    assert result.status == 6 and "only root" in result.stderr
