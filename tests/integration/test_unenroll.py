# SPDX-License-Identifier: BSD-2-Clause
"""Unenrolling ends a grant here at once, and at the provider as soon as it can be reached."""

import pytest
from installation import STORE, is_vacant
from scripted_provider import ScriptedProvider
from scripted_server import Answer
from terminal import Terminal


@pytest.fixture
def enrolled(oauth_login, provider, alice):
    """alice is enrolled at a provider that revokes grants."""
    provider.discovery["revocation_endpoint"] = f"{provider.issuer}/revoke"

    def revoke(request):
        if request.path != "/revoke":
            return None
        for family in provider._families:
            if request.form["token"] == family.refresh_token:
                family.alive = False
        return Answer(200)

    provider.answer = revoke
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    return oauth_login


def unenroll(oauth_login, *options):
    return oauth_login.run("unenroll", "alice", "--yes", *options)


def test_unenrolling_ends_the_grant_here_and_at_the_provider(enrolled, provider):
    token = provider.refresh_token("alice")
    result = unenroll(enrolled)
    assert result.ok and "it was revoked" in result.stdout, result
    (request,) = provider.requests("/revoke")
    assert request.form == {"token": token, "token_type_hint": "refresh_token",
                            "client_id": "bastion"}
    assert not provider.alive("alice")
    assert enrolled.verdict("alice") == "not-enrolled"
    assert enrolled.run("list").stdout == ""
    assert not provider.requests("/revoke")[1:] and unenroll(enrolled).ok
    assert len(provider.requests("/revoke")) == 1, "there was nothing left to revoke"


def test_a_grant_can_be_revoked_later_if_the_provider_is_down(enrolled, provider):
    provider.stop()
    result = unenroll(enrolled)
    assert result.status == 3
    assert "ended here, but not revoked yet" in result.stderr and "again later" in result.stderr
    assert enrolled.verdict("alice") == "not-enrolled"
    provider.start()
    assert provider.alive("alice")
    assert unenroll(enrolled).ok
    assert not provider.alive("alice")


def test_unenrolling_at_a_provider_without_revocation_says_so(oauth_login, provider, alice):
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    result = unenroll(oauth_login)
    assert result.ok
    assert "no revocation endpoint" in result.stdout
    assert oauth_login.verdict("alice") == "not-enrolled"


def test_an_account_stays_pinned_after_unenrolling_until_it_is_forgotten(enrolled, provider):
    assert unenroll(enrolled).ok
    provider.claims["mallory"] = {"preferred_username": "alice"}
    refused = enrolled.run("import", "alice", input=provider.issue_grant("mallory"))
    assert refused.status == 1
    assert "unenroll alice --forget" in refused.stderr
    assert unenroll(enrolled, "--forget").ok
    assert is_vacant("alice")
    assert enrolled.run("import", "alice", input=provider.issue_grant("mallory")).ok


def test_unenrolling_never_sends_the_token_to_another_issuer(
        enrolled, provider, certificate, authority):
    with ScriptedProvider(certificate, authority.file) as other:
        other.discovery["revocation_endpoint"] = f"{other.issuer}/revoke"
        enrolled.configure(other)
        result = unenroll(enrolled, "--forget")
        assert result.ok and "end it there" in result.stdout
        assert not other.requests("/revoke")


def test_an_account_can_be_forgotten_although_the_provider_refuses_to_revoke(enrolled, provider):
    provider.queue("/revoke", Answer(400), Answer(400))
    assert unenroll(enrolled).status == 4
    assert unenroll(enrolled, "--forget").ok


def test_an_account_is_not_forgotten_while_the_provider_is_down(enrolled, provider):
    provider.stop()
    assert unenroll(enrolled, "--forget").status == 3
    provider.start()
    assert unenroll(enrolled, "--forget").ok
    assert not provider.alive("alice")


def test_a_record_that_does_not_open_can_be_forgotten(enrolled, provider):
    for slot in ("record.0", "record.1"):
        (STORE / "accounts" / "alice" / slot).write_bytes(b"broken")
    assert unenroll(enrolled).status == 5
    assert unenroll(enrolled, "--forget").ok
    assert enrolled.verdict("alice") == "not-enrolled"


@pytest.fixture
def unfinished(oauth_login, enrolled, provider):
    """A second grant besides alice's: an import that could not learn whose grant it is."""
    provider.queue("/userinfo", Answer(503))
    token = provider.issue_grant("alice")
    assert oauth_login.run("import", "alice", input=token).status == 3
    return provider.refresh_token("alice")


def test_a_grant_of_an_unfinished_import_is_revoked_too(enrolled, provider, unfinished):
    assert unenroll(enrolled).ok
    assert len(provider.requests("/revoke")) == 2
    assert provider.requests("/revoke")[1].form["token"] == unfinished
    assert not provider.alive("alice")


def test_an_unfinished_import_is_kept_until_the_provider_can_be_told(
        enrolled, provider, unfinished):
    provider.queue("/revoke", provider.answer, Answer(503))
    result = unenroll(enrolled)
    assert result.status == 3 and "not revoked yet" in result.stderr
    assert unenroll(enrolled).ok
    assert provider.requests("/revoke")[-1].form["token"] == unfinished
    assert not provider.alive("alice")


def test_an_unfinished_import_alone_leaves_nothing_behind(oauth_login, enrolled, provider):
    assert unenroll(enrolled, "--forget").ok
    provider.queue("/userinfo", Answer(503))
    token = provider.issue_grant("alice")
    assert oauth_login.run("import", "alice", input=token).status == 3
    assert unenroll(enrolled).ok
    assert not provider.alive("alice")
    assert is_vacant("alice")


def test_the_token_of_an_unfinished_import_is_never_sent_to_another_issuer(
        enrolled, provider, unfinished, certificate, authority):
    with ScriptedProvider(certificate, authority.file) as other:
        other.discovery["revocation_endpoint"] = f"{other.issuer}/revoke"
        enrolled.configure(other)
        assert unenroll(enrolled).ok
        assert not other.requests("/revoke")


def test_unenrolling_an_account_without_a_grant_fails(oauth_login, provider, alice):
    oauth_login.configure(provider)
    assert unenroll(oauth_login).status == 1


def test_unenrolling_asks_for_confirmation(enrolled, provider):
    with Terminal("oauth-login", "unenroll", "alice") as terminal:
        terminal.expect(r"End the grant of alice .*\? \[y/N\] ")
        terminal.send_line("")
        assert terminal.wait() == 1
        assert "Nothing was changed" in terminal.output
    assert enrolled.verdict("alice") == "granted"
    assert enrolled.run("unenroll", "alice").status == 2, "without a terminal it cannot ask"
    with Terminal("oauth-login", "unenroll", "alice") as terminal:
        terminal.expect(r"\[y/N\] ")
        terminal.send_line("y")
        assert terminal.wait() == 0, terminal.output
    assert enrolled.verdict("alice") == "not-enrolled"
