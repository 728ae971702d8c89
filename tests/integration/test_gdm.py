# SPDX-License-Identifier: BSD-2-Clause
"""GDM's own worker with the shipped example: a closed account gets no login and no screen."""

import pytest
from gdm import Gdm, Outcome, debian_stack, fetched
from open_sessions import files, forget_all

pytestmark = pytest.mark.skipif(not fetched(), reason="apt could not fetch gdm3")
GONE = "corp no longer honors this machine's grant for alice"
OPENED = Outcome("", ())
LINE = "auth    required        pam_oauth_login.so\n"


@pytest.fixture
def gdm(host, corp, oauth_login, alice):
    """GDM with the shipped example; no session is open."""
    forget_all()
    oauth_login.use("gdm-password")
    running = Gdm(host, alice)
    yield running
    running.end()


def session_token(gdm):
    """The token in the keyring of the session."""
    return gdm.told("keyctl pipe %user:oauth-login:corp; echo").strip()


def is_token(corp, text):
    return corp.userinfo(text)["sub"] == corp.subject("alice")


# Logins


def test_a_gdm_login_brings_the_token_to_the_session(host, corp, gdm, alice):
    mark = host.log.mark()
    assert gdm.log_in(alice.password) == OPENED
    assert is_token(corp, session_token(gdm))
    host.log.wait_for(r"pam_oauth_login\(gdm-password:account\): alice: granted", since=mark)


def test_a_gdm_login_after_the_account_is_gone_is_refused_with_the_reason(corp, gdm, alice):
    corp.remove_user("alice")
    refusal = gdm.log_in(alice.password)
    assert refusal.refused_by == "Authenticate" and GONE in refusal.said[0]


def test_the_account_line_alone_refuses_a_gdm_login(host, corp, gdm, alice):
    host.pam("gdm-password", host.pam_text("gdm-password").replace(LINE, ""))
    corp.remove_user("alice")
    refusal = gdm.log_in(alice.password)
    assert refusal.refused_by == "Authorize" and GONE in refusal.said[0]


def test_a_gdm_session_that_has_ended_leaves_no_file(gdm, alice):
    assert gdm.log_in(alice.password) == OPENED
    assert len(files()) == 1
    gdm.log_out()
    assert files() == []


def test_gdm_asks_the_provider_only_after_the_right_password(corp, gdm):
    asked = len(corp.requests("/token"))
    assert gdm.log_in("wrong").refused_by == "Authenticate"
    assert len(corp.requests("/token")) == asked


# Locked screens


def test_unlocking_a_screen_replaces_the_token_of_the_session(corp, oauth_login, gdm, alice):
    assert gdm.log_in(alice.password) == OPENED
    old = session_token(gdm)
    assert oauth_login.verdict("alice") == "granted"
    assert session_token(gdm) == old
    assert gdm.unlock("wrong").refused_by == "VerificationFailed"
    assert session_token(gdm) == old
    assert gdm.unlock(alice.password) == OPENED
    assert session_token(gdm) != old and is_token(corp, session_token(gdm))


def test_a_screen_stays_locked_after_the_account_is_gone(corp, oauth_login, gdm, alice):
    assert gdm.log_in(alice.password) == OPENED
    corp.remove_user("alice")
    refusal = gdm.unlock(alice.password)
    assert refusal.refused_by == "VerificationFailed" and GONE in refusal.said[0]
    oauth_login.enroll(corp, "alice")
    assert gdm.unlock(alice.password) == OPENED
    assert is_token(corp, session_token(gdm))


def test_a_screen_unlocks_offline_within_the_grace_of_the_auth_line(host, corp, gdm, alice):
    assert gdm.log_in(alice.password) == OPENED
    corp.stop()
    refusal = gdm.unlock(alice.password)
    assert refusal.refused_by == "ServiceUnavailable" and "not at fault" in refusal.said[0]
    host.pam("gdm-password", host.pam_text("gdm-password").replace(
        LINE, LINE.replace(".so", ".so offline_grace=7d")))
    unlocked = gdm.unlock(alice.password)
    assert unlocked.refused_by == "" and unlocked.said[0].startswith("Offline: corp last confirmed")


def test_without_the_auth_line_gdm_unlocks_even_if_account_refuses(host, corp, gdm, alice):
    """Shows why the line is needed; once this test fails, the line can be removed."""
    host.pam("gdm-password", host.pam_text("gdm-password").replace(LINE, ""))
    assert gdm.log_in(alice.password) == OPENED
    corp.remove_user("alice")
    unlocked = gdm.unlock(alice.password)
    assert unlocked.refused_by == "" and GONE in unlocked.said[0]


def test_the_gdm_example_is_debians_file_with_three_more_lines(host, oauth_login):
    def lines(text):
        return [line.split() for line in text.splitlines() if line and not line.startswith("#")]

    oauth_login.use("gdm-password")
    ours = lines(host.pam_text("gdm-password"))
    added = [line for line in ours if "pam_oauth_login.so" in line]
    assert [line[0] for line in added] == ["auth", "account", "session"]
    assert [line for line in ours if line not in added] == lines(debian_stack())
