# SPDX-License-Identifier: BSD-2-Clause
"""The tests of Glewlwyd at another real provider, oidc-provider: code that suits only one provider
fails here."""

import pytest
from code_flow import Enrolling
from enrollment import code_of, enroll
from installation import is_vacant
from oidc_provider import PACKAGE, OidcProvider
from web_browser import WebBrowser

pytestmark = pytest.mark.skipif(not PACKAGE.exists(), reason="npm could not install oidc-provider")


@pytest.fixture(scope="module")
def op(certificate, authority):
    with OidcProvider(certificate, authority.file) as running:
        for name in ("alice", "mallory"):
            running.add_user(name)
        yield running


@pytest.fixture
def configured(oauth_login, op, alice):
    """The provider, for which the machine is configured."""
    oauth_login.configure(op, scope="openid offline_access", auth_params=op.enroll_params)
    return op


def test_a_person_enrolls_with_a_code_and_logs_in_again_and_again(oauth_login, configured, sshd):
    oauth_login.use("sshd")
    with enroll() as terminal:
        configured.approve_device("alice", code_of(terminal))
        assert terminal.wait(20) == 0, terminal.output
    for _ in range(3):
        login = sshd.ssh("alice", "keyctl pipe %user:oauth-login:corp")
        assert login.ok, login
        assert configured.userinfo(login.stdout)["sub"] == "alice"


def test_somebody_elses_approval_leaves_the_account_unenrolled(oauth_login, configured):
    with enroll() as terminal:
        configured.approve_device("mallory", code_of(terminal))
        assert terminal.wait(20) == 1
        assert "preferred_username = mallory" in terminal.output
    assert oauth_login.verdict("alice") == "not-enrolled"
    assert is_vacant("alice")


@pytest.mark.parametrize("person, said, verdict", [
    ("alice", "alice is enrolled at corp.", "granted"),
    ("mallory", "preferred_username = mallory", "not-enrolled"),
])
def test_a_person_enrolls_at_the_providers_own_pages(
        person, said, verdict, oauth_login, configured):
    with WebBrowser() as browser, Enrolling() as enrolling:
        browser.open(enrolling.address)
        browser.fill(login=person, password="any")
        browser.press("Sign-in")
        browser.press("Continue")
        assert "You can close this window" in browser.landed()
        enrolling.wait()
        assert said in enrolling.said
    assert oauth_login.verdict("alice") == verdict
    assert oauth_login.verdict("alice") == verdict, "with the rotated token"


@pytest.mark.parametrize("proof", ["refresh", "id_token", "userinfo", "introspection"])
def test_every_kind_of_proof_works_at_a_renewal(proof, oauth_login, op, alice):
    oauth_login.configure(op, scope="openid offline_access", require=proof)
    oauth_login.enroll_at(op, "alice")
    assert oauth_login.verdict("alice") == "granted"
    assert oauth_login.verdict("alice") == "granted", "with the rotated token"


def test_removing_the_account_at_the_provider_ends_its_logins(oauth_login, configured, sshd):
    oauth_login.use("sshd")
    oauth_login.enroll_at(configured, "alice")
    assert sshd.ssh("alice").ok
    configured.remove_user("alice")
    try:
        login = sshd.ssh("alice")
        assert not login.ok
        assert "corp no longer honors this machine's grant for alice" in login.stderr
    finally:
        configured.add_user("alice")


def test_unenrolling_ends_the_grant_at_the_provider(oauth_login, configured):
    oauth_login.enroll_at(configured, "alice")
    result = oauth_login.run("unenroll", "alice", "--yes")
    assert result.ok, result
    assert oauth_login.verdict("alice") == "not-enrolled"
