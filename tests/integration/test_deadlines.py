# SPDX-License-Identifier: BSD-2-Clause
"""A caller that stops waiting or is killed costs no grant; lost answers get one retry."""

import json
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from helper_process import held, held_helper, running, wait_until
from scripted_server import Answer
from terminal import Terminal


@pytest.fixture
def renewals(corp):
    """Returns the refresh tokens of the renewals after the enrollment; count: waits for them."""
    before = len(corp.requests("/token"))

    def used(count=None):
        requests = (corp.requests("/token") if count is None
                    else corp.wait_for_requests("/token", before + count))
        return [request.form["refresh_token"] for request in requests[before:]]
    return used


@pytest.fixture
def verify(oauth_login):
    """Starts `oauth-login verify USER`, which runs while the test does something else."""
    started = []

    def start(user="alice"):
        started.append(subprocess.Popen(
            ["oauth-login", "verify", user, "--json"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, encoding="utf-8", start_new_session=True))
        return started[-1]
    yield start
    for child in started:
        child.kill()
        child.communicate()


@pytest.fixture
def two(corp, oauth_login, bob):
    """bob is enrolled too, and his requests were the last at the provider."""
    oauth_login.enroll(corp, "bob")
    return corp


def verdict_of(oauth_login, user="alice"):
    """Runs `oauth-login verify`; returns (verdict, source)."""
    reply = oauth_login.run_json("verify", user)
    return reply["verdict"], reply["source"]


def assert_next_login_renews(oauth_login, provider, rotated, user="alice"):
    """Checks that the next login renews with the token that came while no caller waited."""
    assert provider.refresh_token(user) == rotated
    assert verdict_of(oauth_login, user) == ("granted", "refresh")
    assert provider.requests("/token")[-1].form["refresh_token"] == rotated
    assert provider.alive(user)


# The caller stops waiting


def test_an_answer_after_the_deadline_is_stored(host, corp, oauth_login, pam_host, renewals):
    pam_host.serve("deadline=1s")
    mark, old = host.log.mark(), corp.refresh_token("alice")
    with held(corp):
        started = time.monotonic()
        report = pam_host.run("alice")
        assert 1 <= time.monotonic() - started < 2
        assert report.codes == ("AUTHINFO_UNAVAIL",)
        assert "corp did not answer within 1 s" in report.facts["last_message"]
        host.log.wait_for("verdict=unreachable .*corp did not answer within 1 s", since=mark)
        (helper,) = running()
        rotated = corp.refresh_token("alice")
        assert rotated != old
        assert len(renewals()) == 1
    assert not helper.alive()
    assert_next_login_renews(oauth_login, corp, rotated)


def test_the_next_login_waits_for_a_late_answer_and_shares_it(
        corp, oauth_login, pam_host, renewals):
    """The next login waits for the pending answer, and sends no request of its own."""
    pam_host.serve("deadline=1s reuse_within=0")
    with held(corp):
        assert pam_host.run("alice").codes == ("AUTHINFO_UNAVAIL",)
        oauth_login.configure(corp, login={"reuse_within": "1h", "offline_timeout": "1h"})
    assert verdict_of(oauth_login) == ("granted", "shared")
    assert len(renewals()) == 1


def test_an_import_past_its_deadline_continues_when_it_is_run_again(corp, oauth_login, bob):
    oauth_login.configure(corp, login={"deadline": "1s"})
    given = corp.issue_grant("bob")
    with held(corp):
        result = oauth_login.run("import", "bob", input=given)
        assert result.status == 3
        assert "run the same command with the same input again" in result.stderr
    rotated = corp.refresh_token("bob")
    assert rotated != given
    again = oauth_login.run("import", "bob", input=given)
    assert again.ok, again
    assert corp.alive("bob")
    assert verdict_of(oauth_login, "bob") == ("granted", "refresh")


def test_a_renewal_survives_the_end_of_login_grace_time(host, corp, oauth_login, alice):
    """With keyboard-interactive, sshd kills the process group of the account phase."""
    oauth_login.use("sshd")
    asked = len(corp.requests("/token"))
    with host.sshd("LoginGraceTime 2") as sshd, held(corp):
        started = time.monotonic()
        refused = sshd.ssh("alice", methods="keyboard-interactive", answers=[alice.password])
        assert not refused.ok and refused.prompts, refused
        assert 1 < time.monotonic() - started < 8, "OpenSSH 9.8 and later add up to 4 s at random"
        wait_until(lambda: not children(sshd.pid), "the connection's processes are gone")
        helper = held_helper(corp, asked + 1)
        rotated = corp.refresh_token("alice")
    assert not helper.alive()
    assert_next_login_renews(oauth_login, corp, rotated)
    with host.sshd() as sshd:
        assert sshd.ssh("alice").ok


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_a_renewal_survives_an_ssh_client_that_hangs_up(corp, oauth_login, sshd):
    oauth_login.use("sshd")
    asked = len(corp.requests("/token"))
    with held(corp):
        with subprocess.Popen(sshd.client("alice", "true"), stdin=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as client:
            helper = held_helper(corp, asked + 1)
            client.kill()
        rotated = corp.refresh_token("alice")
        assert helper.alive()
    assert_next_login_renews(oauth_login, corp, rotated)
    assert sshd.ssh("alice").ok


@pytest.mark.parametrize("key", ["\x03", "\x1c"], ids=["Ctrl-C", "Ctrl-backslash"])
def test_an_interrupt_key_ends_su_but_not_the_renewal(two, oauth_login, bob, key):
    oauth_login.use("su")
    asked = len(two.requests("/token"))
    with held(two), Terminal("su", "-", "bob", "-c", "true", user="alice") as terminal:
        terminal.expect("(?i)password.*: ?$")
        terminal.send_line(bob.password)
        helper = held_helper(two, asked + 1)
        rotated = two.refresh_token("bob")
        terminal.send(key)
        assert terminal.wait(timeout=1) != 0
        assert helper.alive()
    assert_next_login_renews(oauth_login, two, rotated, "bob")


def test_a_hung_up_terminal_ends_su_but_not_the_renewal(two, oauth_login, bob):
    oauth_login.use("su")
    asked = len(two.requests("/token"))
    with held(two):
        with Terminal("su", "-", "bob", "-c", "true", user="alice") as terminal:
            terminal.expect("(?i)password.*: ?$")
            terminal.send_line(bob.password)
            helper = held_helper(two, asked + 1)
            rotated = two.refresh_token("bob")
        assert helper.alive()
    assert_next_login_renews(oauth_login, two, rotated, "bob")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
def test_a_renewal_survives_the_death_of_the_application(corp, oauth_login, pam_host, number):
    """Kills all processes of the application's session, as sshd, systemd and time limits do."""
    pam_host.serve()
    asked = len(corp.requests("/token"))
    with held(corp):
        caller = pam_host.start("alice")
        helper = held_helper(corp, asked + 1)
        rotated = corp.refresh_token("alice")
        kill_session(caller.child.pid, number)
        assert caller.child.wait(1) == -number
        caller.child.stdout.close()
        assert helper.alive()
    assert_next_login_renews(oauth_login, corp, rotated)


def kill_session(leader, number):
    members = [int(entry.name) for entry in Path("/proc").iterdir()
               if entry.name.isdigit() and in_session(entry, leader)]
    assert leader in members
    for pid in members:
        os.kill(pid, number)


def in_session(entry, leader):
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[3]) == leader
    except (FileNotFoundError, ProcessLookupError):
        return False


# Lost answers


LOST = {
    "before it began": {"cut": "before"},
    "in its headers": {"cut": "headers"},
    "after its headers": {"cut": "after headers"},
    "in its body": {"cut": "body"},
    "by a reset": {"cut": "before", "reset": True},
}


def lose(provider, how, times=1):
    """The next renewals are carried out, but their answers are cut off."""
    provider.queue("/token", *[
        lambda request: replace(provider.correct(request), **LOST[how])] * times)


@pytest.mark.parametrize("how", LOST)
def test_after_a_lost_answer_the_renewal_is_retried_once(corp, oauth_login, renewals, how):
    corp.rotate = False
    token = corp.refresh_token("alice")
    lose(corp, how)
    assert verdict_of(oauth_login) == ("granted", "refresh")
    assert renewals() == [token, token]
    assert corp.alive("alice")


@pytest.mark.parametrize("how", LOST)
def test_a_rotation_lost_with_its_answer_is_not_blamed_on_the_person(
        host, corp, oauth_login, pam_host, renewals, how):
    pam_host.serve()
    mark, token = host.log.mark(), corp.refresh_token("alice")
    lose(corp, how)
    report = pam_host.run("alice")
    assert report.codes == ("PERM_DENIED",)
    assert renewals() == [token, token]
    assert not corp.alive("alice")
    host.log.wait_for("verdict=reauthorize .*answer to a renewal was lost", since=mark)
    assert "corp no longer honors this machine's grant for alice" in report.facts["last_message"]
    oauth_login.import_grant("alice", corp.issue_grant("alice"))
    assert verdict_of(oauth_login) == ("granted", "refresh")


def test_a_login_gives_up_after_two_lost_answers(corp, oauth_login, renewals):
    corp.rotate = False
    lose(corp, "before it began", times=2)
    assert verdict_of(oauth_login) == ("unreachable", "refresh")
    assert len(renewals()) == 2
    assert verdict_of(oauth_login) == ("granted", "refresh")
    assert len(renewals()) == 3


def test_logins_after_lost_answers_report_the_lost_answer(corp, oauth_login, renewals):
    lose(corp, "before it began", times=2)
    assert verdict_of(oauth_login) == ("unreachable", "refresh")
    for count in (3, 4):  # both ask the provider, as with any dead grant, and give the reason
        answer = oauth_login.run_json("verify", "alice")
        assert answer["verdict"] == "reauthorize"
        assert "answer to a renewal was lost" in answer["reason"]
        assert len(renewals()) == count
    oauth_login.import_grant("alice", corp.issue_grant("alice"))
    corp.revoke("alice")
    assert "lost" not in oauth_login.run_json("verify", "alice")["reason"]


def test_a_request_that_arrives_after_its_retry_is_not_blamed_on_the_person(corp, oauth_login):
    corp.queue("/token", Answer(cut="before"))  # the provider handles this request only later
    assert verdict_of(oauth_login) == ("granted", "refresh")
    corp.correct(corp.requests("/token")[-2])
    assert not corp.alive("alice"), "the late request was a reuse"
    answer = oauth_login.run_json("verify", "alice")
    assert answer["verdict"] == "reauthorize"
    assert "answer to a renewal was lost" in answer["reason"]


def test_an_answer_lost_after_the_deadline_is_retried_too(corp, oauth_login, pam_host, renewals):
    """No caller waits for the answer, but the retry is the only chance to keep the grant."""
    corp.rotate = False
    pam_host.serve("deadline=1s")
    release = threading.Event()
    corp.queue("/token", lambda request: replace(corp.lost(request), hold=release))
    assert pam_host.run("alice").codes == ("AUTHINFO_UNAVAIL",)
    (helper,) = running()
    release.set()
    helper.wait_for_end()
    assert len(renewals()) == 2
    assert verdict_of(oauth_login) == ("granted", "refresh")


def test_a_killed_helper_counts_as_a_lost_answer(corp, oauth_login, verify, renewals):
    asked = len(corp.requests("/token"))
    with held(corp):
        verify()
        os.kill(held_helper(corp, asked + 1).pid, signal.SIGKILL)
    answer = oauth_login.run_json("verify", "alice")
    assert answer["verdict"] == "reauthorize"
    assert "answer to a renewal was lost" in answer["reason"]
    assert len(renewals()) == 2


def test_a_refused_connection_uses_up_no_token(corp, oauth_login, renewals):
    token = corp.refresh_token("alice")
    corp.stop()
    assert verdict_of(oauth_login) == ("unreachable", "refresh")
    corp.start()
    assert renewals() == []
    assert verdict_of(oauth_login) == ("granted", "refresh")
    assert renewals() == [token]


# Several logins of one account


def waiting_for_a_lock():
    return [line for line in Path("/proc/locks").read_text().splitlines() if "-> FLOCK" in line]


def wait_for_waiters(count):
    wait_until(lambda: len(waiting_for_a_lock()) == count, f"{count} helpers wait for the lock")


def reply_of(child):
    """(verdict, source) of a command that verify() has started."""
    stdout, _ = child.communicate(timeout=20)
    reply = json.loads(stdout)
    return reply["verdict"], reply["source"]


def test_a_second_login_waits_for_the_first_and_then_renews(corp, oauth_login, verify, renewals):
    with held(corp) as release:
        first = verify()
        renewals(1)
        second = verify()
        wait_for_waiters(1)
        rotated = corp.refresh_token("alice")
        assert len(renewals()) == 1
        release.set()
        assert reply_of(first) == reply_of(second) == ("granted", "refresh")
    assert renewals()[1:] == [rotated]
    assert corp.alive("alice")


def test_a_second_login_waits_for_the_first_and_shares_its_answer(
        corp, oauth_login, verify, renewals):
    with held(corp) as release:
        first = verify()
        renewals(1)
        oauth_login.configure(corp, login={"reuse_within": "1h"})
        second = verify()
        wait_for_waiters(1)
        release.set()
        assert reply_of(first) == ("granted", "refresh")
        assert reply_of(second) == ("granted", "shared")
    assert len(renewals()) == 1


def test_a_second_login_waits_no_longer_than_its_deadline(
        host, corp, oauth_login, pam_host, verify, renewals):
    pam_host.serve("deadline=1s")
    mark = host.log.mark()
    with held(corp) as release:
        first = verify()
        renewals(1)
        started = time.monotonic()
        assert pam_host.run("alice").codes == ("AUTHINFO_UNAVAIL",)
        assert 1 <= time.monotonic() - started < 2
        host.log.wait_for("unreachable .*another login of alice is still waiting", since=mark)
        release.set()
        assert reply_of(first) == ("granted", "refresh")
    assert len(renewals()) == 1
    assert verdict_of(oauth_login) == ("granted", "refresh")


def test_a_held_login_delays_no_other_account_and_no_session(two, oauth_login, pam_host, verify):
    pam_host.serve()
    asked = len(two.requests("/token"))
    with held(two) as release:
        first = verify("alice")
        held_helper(two, asked + 1)
        assert pam_host.run("bob", phases="account,open").codes == ("SUCCESS", "SUCCESS")
        assert pam_host.run("alice", phases="open").codes == ("SUCCESS",)
        assert first.poll() is None
        release.set()
        assert reply_of(first) == ("granted", "refresh")


def test_fifty_simultaneous_logins_send_one_request(corp, oauth_login, verify, renewals):
    corp.expires_in = 1  # or the logins would share the answer of this renewal
    assert verdict_of(oauth_login) == ("granted", "refresh")
    corp.expires_in = 300
    oauth_login.configure(corp, login={"reuse_within": "30s", "deadline": "60s"})
    expires = oauth_login.run_json("status", "alice")["expires"]
    wait_until(lambda: time.time() >= expires, "the access token expires")
    with held(corp) as release:
        children = [verify() for _ in range(50)]
        renewals(2)
        wait_for_waiters(49)
        release.set()
        replies = Counter(reply_of(child) for child in children)
    assert replies == {("granted", "refresh"): 1, ("granted", "shared"): 49}
    assert len(renewals()) == 2
    assert corp.alive("alice")
