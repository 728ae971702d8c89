# SPDX-License-Identifier: BSD-2-Clause
"""Logins with a stored grant over a real sshd."""


def test_a_key_login_renews_the_grant_and_brings_the_token(oauth_login, provider, sshd, alice):
    oauth_login.configure(provider)
    oauth_login.use("sshd")
    oauth_login.enroll(provider, "alice")
    before = provider.refresh_token("alice")
    login = sshd.ssh("alice", "keyctl pipe %user:oauth-login:corp")
    assert login.ok, login
    assert provider.userinfo(login.stdout)["sub"] == provider.subject("alice")
    assert provider.refresh_token("alice") != before


def test_a_dead_grant_refuses_the_key_login_and_says_why(oauth_login, provider, sshd, alice):
    oauth_login.configure(provider)
    oauth_login.use("sshd")
    oauth_login.enroll(provider, "alice")
    provider.remove_user("alice")
    login = sshd.ssh("alice")
    assert not login.ok
    assert "corp no longer honors this machine's grant for alice" in login.stderr
