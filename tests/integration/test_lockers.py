# SPDX-License-Identifier: BSD-2-Clause
"""Real screen lockers with the shipped example: they stay locked when the account is closed."""

import re

import pytest
from lockers import I3lock, Swaylock
from resident import Resident

LOCKERS = {"i3lock": I3lock, "swaylock": Swaylock}


@pytest.fixture(params=LOCKERS)
def service(request, host, corp, oauth_login):
    """The locker's PAM service. The example is for swaylock; i3lock's gets the same line, as the
    example advises."""
    service = request.param
    oauth_login.use("swaylock")
    if service != "swaylock":
        (line,) = re.findall("^auth .*pam_oauth_login.so$", host.pam_text("swaylock"), re.M)
        own = host.pam_text(service)
        (theirs,) = re.findall("^(?:auth |@include common-auth)", own, re.M)
        host.pam(service, own.replace(f"\n{theirs}", f"\n{line}\n{theirs}"))
    host.pam("login", host.pam_text("login").replace("delay=3000000", "delay=300000"))
    return service


@pytest.fixture
def locker(service, alice):
    running = LOCKERS[service](alice)
    yield running
    running.end()


def test_the_password_unlocks_the_screen_while_the_grant_is_alive(
        host, resident, service, locker, alice):
    mark = host.log.mark()
    assert locker.stays_locked("wrong")
    host.log.wait_for(rf"pam_oauth_login\({service}:auth\): alice: granted by corp", since=mark)
    host.log.wait_for(rf"pam_unix\({service}:auth\): authentication failure; .*user=alice",
                      since=mark)
    mark = host.log.mark()
    assert locker.opens(alice.password)
    host.log.wait_for(rf"pam_oauth_login\({service}:auth\): alice: granted by corp", since=mark)


def test_the_screen_stays_locked_after_the_account_is_gone(
        host, corp, resident, oauth_login, service, locker, alice):
    corp.remove_user("alice")
    mark = host.log.mark()
    assert locker.stays_locked(alice.password)
    host.log.wait_for(rf"pam_oauth_login\({service}:auth\): alice: reauthorize by corp "
                      r"\(verdict=reauthorize .*reason=\"invalid_grant", since=mark)
    assert not host.log.matching("pam_unix", mark), "the password was right"
    oauth_login.enroll(corp, "alice")
    assert locker.opens(alice.password)


def test_without_the_resident_helper_the_screen_stays_locked_and_the_log_has_the_fix(
        host, service, locker, alice):
    mark = host.log.mark()
    assert locker.stays_locked(alice.password)
    host.log.wait_for(rf"pam_oauth_login\({service}:auth\): alice: fault .*only root can start "
                      "a helper.*oauth-login-helper.socket", since=mark)
    running = Resident()
    try:
        assert locker.opens(alice.password)
    finally:
        running.end()
