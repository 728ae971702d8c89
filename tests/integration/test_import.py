# SPDX-License-Identifier: BSD-2-Clause
"""`oauth-login import`, which gives an account a grant, and the output of status and list."""

import threading

from installation import is_vacant
from scripted_server import Answer


def fetch(oauth_login, user, token):
    """Runs `oauth-login import` with this token as input."""
    return oauth_login.run("import", user, input=token + "\n")


def test_an_import_proves_the_token_and_its_subject(oauth_login, provider, alice):
    oauth_login.configure(provider)
    token = provider.issue_grant("alice")
    result = fetch(oauth_login, "alice", token)
    assert result.ok, result
    assert [request.path for request in provider.requests()] == [
        "/.well-known/openid-configuration", "/token", "/userinfo"]
    status = oauth_login.run_json("status", "alice")
    assert status["enrolled"] and status["subject"] == provider.subject("alice")
    assert status["last_verdict"] == "granted"


def test_importing_somebody_elses_token_is_refused_and_names_the_person(
        oauth_login, provider, alice):
    oauth_login.configure(provider)
    result = fetch(oauth_login, "alice", provider.issue_grant("mallory"))
    assert result.status == 1
    assert "mallory" in result.stderr
    assert oauth_login.verdict("alice") == "not-enrolled"


def test_an_account_accepts_only_its_mapped_subject(oauth_login, provider, alice, bob):
    oauth_login.configure(provider, accounts=["alice"])
    assert fetch(oauth_login, "alice", provider.issue_grant("alice")).ok
    assert fetch(oauth_login, "alice", provider.issue_grant("bob")).status == 1
    refused = fetch(oauth_login, "bob", provider.issue_grant("bob"))
    assert refused.status == 1
    assert "[accounts corp] has no entry for bob" in refused.stderr
    assert "add bob = subject-of-bob" in refused.stderr


def test_username_suffix_is_required_and_removed(oauth_login, provider, alice):
    oauth_login.configure(provider, username_claim="email",
                          username_suffix="@example.com @example.org")
    for email, status in (("alice@example.org", 0), ("alice", 1), ("alice@example.com.evil", 1),
                          ("Alice@example.com", 1), ("alicex@example.com", 1)):
        provider.claims["alice"] = {"email": email}
        assert fetch(oauth_login, "alice", provider.issue_grant("alice")).status == status, email


def test_a_provider_without_userinfo_needs_the_mapping(oauth_login, provider, alice):
    del provider.discovery["userinfo_endpoint"]
    oauth_login.configure(provider)
    assert fetch(oauth_login, "alice", provider.issue_grant("alice")).status == 1
    oauth_login.configure(provider, accounts=["alice"])
    assert fetch(oauth_login, "alice", provider.issue_grant("alice")).ok
    assert oauth_login.verdict("alice") == "granted"


def test_configured_endpoints_need_no_discovery(oauth_login, provider, alice):
    oauth_login.configure(provider, issuer="", token_endpoint=f"{provider.issuer}/token",
                          userinfo_endpoint=f"{provider.issuer}/userinfo")
    assert fetch(oauth_login, "alice", provider.issue_grant("alice")).ok
    assert oauth_login.verdict("alice") == "granted"
    assert not provider.requests("/.well-known/openid-configuration")


def test_a_pinned_account_stays_the_same_person(oauth_login, provider, alice):
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    provider.claims["mallory"] = {"preferred_username": "alice"}
    refused = fetch(oauth_login, "alice", provider.issue_grant("mallory"))
    assert refused.status == 1
    assert "is pinned to subject-of-alice" in refused.stderr
    assert oauth_login.verdict("alice") == "granted", "the earlier grant is untouched"


def test_a_refused_import_leaves_no_token_of_the_other_person(oauth_login, provider, sshd, alice):
    oauth_login.configure(provider)
    oauth_login.use("sshd")
    oauth_login.enroll(provider, "alice")
    fetch(oauth_login, "alice", provider.issue_grant("mallory"))
    login = sshd.ssh("alice", "keyctl pipe %user:oauth-login:corp")
    assert provider.userinfo(login.stdout)["sub"] == provider.subject("alice")


def test_an_interrupted_import_continues_with_the_same_input(oauth_login, provider, alice):
    oauth_login.configure(provider)
    token = provider.issue_grant("alice")
    provider.queue("/userinfo", Answer(503))
    first = fetch(oauth_login, "alice", token)
    assert first.status == 3
    assert "same input again" in first.stderr
    assert oauth_login.verdict("alice") == "not-enrolled"
    assert fetch(oauth_login, "alice", token).ok
    assert oauth_login.verdict("alice") == "granted"


def test_an_import_that_outlives_its_deadline_loses_nothing(oauth_login, provider, alice):
    oauth_login.configure(provider, login={"deadline": "1s"})
    token = provider.issue_grant("alice")
    held = threading.Event()

    def late(request):
        held.wait(20)
        return provider.correct(request)

    provider.queue("/token", late)
    assert fetch(oauth_login, "alice", token).status == 3
    held.set()
    assert fetch(oauth_login, "alice", token).ok
    assert oauth_login.verdict("alice") == "granted"


def test_a_wrong_mapping_does_not_cost_the_imported_token(oauth_login, provider, alice, host):
    oauth_login.configure(provider, username_claim="nickname")
    token = provider.issue_grant("alice")
    refused = fetch(oauth_login, "alice", token)
    assert refused.status == 1
    assert "username_claim = nickname" in refused.stderr
    oauth_login.configure(provider)
    assert fetch(oauth_login, "alice", token).ok
    assert oauth_login.verdict("alice") == "granted"


def test_repeating_a_finished_import_sends_nothing(oauth_login, provider, alice):
    oauth_login.configure(provider)
    token = provider.issue_grant("alice")
    assert fetch(oauth_login, "alice", token).ok
    sent = len(provider.requests())
    assert fetch(oauth_login, "alice", token).ok
    assert len(provider.requests()) == sent, "the token is used up: sending it would kill the grant"
    provider.revoke("alice")
    assert oauth_login.verdict("alice") == "reauthorize"
    again = fetch(oauth_login, "alice", token)
    assert again.status == 1
    assert "import a new one" in again.stderr


def test_repeating_an_import_that_finished_after_its_deadline_sends_nothing(
        oauth_login, provider, alice):
    del provider.discovery["userinfo_endpoint"]
    oauth_login.configure(provider, accounts=["alice"], login={"deadline": "1s"})
    token = provider.issue_grant("alice")
    held = threading.Event()

    def late(request):
        held.wait(20)
        return provider.correct(request)

    provider.queue("/token", late)
    assert fetch(oauth_login, "alice", token).status == 3
    held.set()
    assert fetch(oauth_login, "alice", token).ok
    assert len(provider.requests("/token")) == 1
    assert oauth_login.verdict("alice") == "granted"


def test_a_lost_answer_of_one_import_is_not_reported_by_the_next(oauth_login, provider, alice):
    oauth_login.configure(provider)
    provider.queue("/token", provider.lost, provider.lost)
    assert fetch(oauth_login, "alice", provider.issue_grant("alice")).status == 3
    dead = fetch(oauth_login, "alice", "made-up")
    assert dead.status == 1
    assert "invalid_grant" in dead.stderr and "lost" not in dead.stderr


def test_importing_a_dead_token_stores_nothing(oauth_login, provider, alice):
    oauth_login.configure(provider)
    refused = fetch(oauth_login, "alice", "made-up")
    assert refused.status == 1
    assert "invalid_grant" in refused.stderr
    assert is_vacant("alice")


def test_importing_a_dead_token_does_not_replace_a_live_grant(oauth_login, provider, alice):
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    assert fetch(oauth_login, "alice", "made-up").status == 1
    assert oauth_login.verdict("alice") == "granted"


def test_malformed_input_of_an_import_never_reaches_the_provider(oauth_login, provider, alice):
    oauth_login.configure(provider)
    for given, status in (("", 2), ("two words", 1), ("b\x01ell", 1), ("x" * 40960, 2)):
        assert fetch(oauth_login, "alice", given).status == status, given[:20]
    assert not provider.requests()


def test_an_account_that_does_not_exist_is_named(oauth_login, provider):
    oauth_login.configure(provider)
    for name in ("nobody-here", "../alice", "", "-x", "a/b"):
        result = oauth_login.run("verify", "--", name)
        assert result.status == 2, name
        assert "no such account" in result.stderr


def test_without_a_resident_helper_only_root_can_use_the_command(
        oauth_login, provider, alice, host):
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    result = host.run_as("alice", "oauth-login", "status")
    assert result.status == 5
    assert "only root can start a helper" in result.stderr
    assert "systemctl enable --now oauth-login-helper.socket" in result.stderr


def test_list_marks_accounts_that_do_not_exist_any_more(oauth_login, provider, alice, host):
    oauth_login.configure(provider)
    host.add_user("leaver")
    host.add_user("mover")
    for user in ("alice", "leaver", "mover"):
        oauth_login.enroll(provider, user)
    host.delete_user("leaver")
    host.delete_user("mover")
    host.add_user("mover", uid=2999)
    lines = {line.split()[0]: line for line in oauth_login.run("list").stdout.splitlines()}
    assert list(lines) == ["alice", "leaver", "mover"]
    assert "!" not in lines["alice"]
    assert "the account no longer exists" in lines["leaver"]
    assert "another uid" in lines["mover"]
    assert [entry["exists"] for entry in oauth_login.run_json("list")] == [True, False, False]
    assert oauth_login.run("list", "--unused", "90d").stdout == ""
    moved = oauth_login.run_json("verify", "mover")
    assert moved["verdict"] == "fault"
    assert "uid 2999" in moved["reason"]
    host.delete_user("mover")


def test_status_of_an_account_without_a_grant_is_not_enrolled(oauth_login, provider, alice):
    oauth_login.configure(provider)
    result = oauth_login.run("status", "alice")
    assert result.status == 1
    assert "not-enrolled" in result.stderr
    assert oauth_login.run_json("status", "alice")["enrolled"] is False


def test_verifying_root_says_that_it_is_not_managed(oauth_login, provider):
    oauth_login.configure(provider)
    result = oauth_login.run("verify", "root")
    assert result.ok
    assert "not-managed" in result.stdout
