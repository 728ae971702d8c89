"""When the watch asks, what for, and how often: its promises to the provider and to a session."""

import subprocess
import time

import pytest
from helper_process import HELPER, wait_until
from scripted_server import Answer
from test_session_key import answering
from test_sessions import SESSIONS, fields, watch, write_session


@pytest.fixture
def leader():
    """A process that may lead a session; none is known yet."""
    for file in SESSIONS.glob("*"):
        file.unlink()
    with subprocess.Popen(["sleep", "60"]) as running:
        yield running
        running.kill()


def change(file, **values):
    text = "".join(f"{key} {value}\n" for key, value in {**fields(file), **values}.items())
    file.write_text(text)


def boot_seconds():
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@pytest.mark.parametrize("interval, asks", [(900, 0), (1, 1)])
def test_an_answer_of_the_newer_half_of_the_interval_is_enough(
        interval, asks, corp, oauth_login, leader):
    """Another login has got it; one as old as the interval would let two of them pass."""
    change(write_session("alice", leader.pid), interval=interval)
    assert oauth_login.verdict("alice") == "granted"
    asked = len(corp.requests("/token"))
    watch(oauth_login)
    assert len(corp.requests("/token")) == asked + asks


def test_accounts_are_spread_over_the_last_tenth_of_the_interval(corp, oauth_login, leader, bob):
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
        assert sorted(SESSIONS.iterdir()) == sorted(files), "nothing is left beside them"
        dues = [int(fields(file)["due"]) for file in files]
        assert all(before + 809 < due <= boot_seconds() + 900 for due in dues)
        assert abs(dues[0] - dues[1]) < 10 < dues[2] - dues[0], "each always at its own place"


def test_sessions_of_another_configuration_are_asked_about_by_theirs(
        corp, oauth_login, host, leader):
    other = host.configure("[login]\n", name="other.conf")
    here = write_session("alice", leader.pid)
    elsewhere = write_session("alice", leader.pid, number=8)
    change(elsewhere, config=str(other))
    corp.expires_in = 3600
    watch(oauth_login)
    assert fields(here)["interval"] == "900"
    assert fields(elsewhere)["interval"] == "60", "misconfigured: nothing is known"


def test_a_helper_that_fails_is_asked_again_a_minute_later(corp, oauth_login, host, leader):
    host.files.write(HELPER, "#!/bin/sh\nexit 1\n", mode=0o755)
    file = write_session("alice", leader.pid)
    watch(oauth_login)
    assert fields(file)["interval"] == "60"
    assert boot_seconds() < int(fields(file)["due"]) <= boot_seconds() + 60


def test_it_stays_for_the_session_that_is_due_first(corp, oauth_login, leader):
    asked, file = len(corp.requests("/token")), write_session("alice", leader.pid)
    change(write_session("bob", leader.pid, number=8), due=10 ** 12)
    corp.expires_in = 4
    runs = subprocess.Popen(["oauth-login", "watch"])
    corp.wait_for_requests("/token", asked + 2)
    runs.kill()
    runs.wait()
    assert fields(file)["interval"] in ("1", "2")


BUSY, DENIED = Answer(503), Answer.json({"error": "access_denied"}, 400)


@pytest.mark.parametrize("answer, check_sessions, interval", [
    (3600, "15m", 900), (1000, "15m", 500), (3600, "20s", 20), (BUSY, "15m", 60),
    (BUSY, "20s", 20), (DENIED, "15m", 900),
], ids=["a long life", "half its life", "as configured", "not said", "nor later", "no"])
def test_it_looks_again_before_the_token_ends(
        answer, check_sessions, interval, corp, oauth_login, leader):
    oauth_login.configure(corp, login={"check_sessions": check_sessions})
    file = write_session("alice", leader.pid)
    if isinstance(answer, int):
        answering(corp, expires_in=answer)
    else:
        corp.queue("/token", answer)
    runs = subprocess.Popen(["oauth-login", "watch"])
    wait_until(lambda: fields(file)["due"] != "1", "it was looked at")
    runs.kill()
    runs.wait()
    assert interval - 1 <= int(fields(file)["interval"]) <= interval


def test_a_token_that_ends_at_once_is_renewed_each_second_and_no_faster(
        corp, oauth_login, leader):
    file = write_session("alice", leader.pid)
    corp.expires_in = 1
    runs = subprocess.Popen(["oauth-login", "watch"])
    wait_until(lambda: fields(file)["due"] != "1", "it was looked at")
    runs.kill()
    runs.wait()
    assert fields(file)["interval"] == "1"
