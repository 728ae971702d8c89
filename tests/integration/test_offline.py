# SPDX-License-Identifier: BSD-2-Clause
"""When the provider cannot be reached: shared verdicts, and logins within offline_grace."""

import fcntl
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from installation import STORE
from scripted_server import Answer

DAY = {"offline_grace": "1d"}


@pytest.fixture
def oauth_login(oauth_login, provider, alice):
    """The installation, configured for the provider; alice is enrolled."""
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    return oauth_login


def test_without_grace_nobody_gets_in_while_the_provider_is_down(oauth_login, provider):
    provider.stop()
    said = oauth_login.run_json("verify", "alice")
    assert said["verdict"] == "unreachable"
    assert oauth_login.run("verify", "alice").status == 3


def test_grace_lets_in_a_confirmed_person_and_says_since_when(oauth_login, provider, sshd, host):
    oauth_login.configure(provider, login=DAY)
    oauth_login.use("sshd")
    provider.stop()
    logged = host.log.mark()
    login = sshd.ssh("alice", "echo in")
    assert login.stdout.endswith("in\n"), login
    line = host.log.wait_for(r"pam_oauth_login.*alice: granted-offline", since=logged)
    assert "source=grace" in line
    assert "Offline: corp last confirmed you" in login.stdout + login.stderr


def test_grace_also_covers_a_login_that_waits_for_another_one(oauth_login, provider):
    oauth_login.configure(provider, login={**DAY, "deadline": "1s"})
    held = Answer(hold=threading.Event())
    provider.queue("/token", held)
    with ThreadPoolExecutor() as pool:
        logins = [pool.submit(oauth_login.verdict, "alice") for _ in range(2)]
        assert [login.result() for login in logins] == ["granted-offline"] * 2
    held.hold.set()


def test_grace_does_not_cover_an_account_removed_from_the_mapping(oauth_login, provider, bob):
    oauth_login.configure(provider, accounts=["bob"], login={**DAY, "deadline": "1s"})
    with open(STORE / "accounts" / "alice" / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert oauth_login.verdict("alice") == "denied"


def test_a_refusal_by_the_provider_ends_grace(oauth_login, provider):
    oauth_login.configure(provider, login=DAY)
    provider.revoke("alice")
    assert oauth_login.verdict("alice") == "reauthorize"
    provider.stop()
    assert oauth_login.verdict("alice") == "unreachable"


def test_grace_does_not_cover_a_wrong_client(oauth_login, provider):
    provider.client_auth = "client_secret_post"  # but "none" is configured
    oauth_login.host.configure("[login]\noffline_grace = 1d\n",
                               name="oauth-login.conf.d/grace.conf")
    assert oauth_login.verdict("alice") == "misconfigured"


def test_an_unreachable_verdict_is_shared_for_offline_timeout(oauth_login, provider):
    oauth_login.configure(provider, login={"offline_timeout": "1h"})
    provider.stop()
    assert oauth_login.verdict("alice") == "unreachable"
    provider.start()
    said = oauth_login.run_json("verify", "alice")
    assert (said["verdict"], said["source"]) == ("unreachable", "shared")
    oauth_login.configure(provider, login={"offline_timeout": "0"})
    assert oauth_login.verdict("alice") == "granted"


def test_a_granted_verdict_is_shared_for_reuse_within(oauth_login, provider):
    oauth_login.configure(provider, login={"reuse_within": "1h"})
    sent = len(provider.requests("/token"))
    assert [oauth_login.run_json("verify", "alice")["source"] for _ in range(3)] == ["shared"] * 3
    assert len(provider.requests("/token")) == sent


def test_a_refusal_is_not_shared_after_the_client_has_changed(oauth_login, provider):
    provider.revoke("alice")
    assert oauth_login.verdict("alice") == "reauthorize"
    oauth_login.configure(provider, login={"reuse_within": "1h"}, client_id="another")
    provider.client_id = "another"
    assert oauth_login.run_json("verify", "alice")["source"] == "refresh"


def test_a_refusal_is_shared_until_there_is_a_new_grant(oauth_login, provider):
    provider.revoke("alice")
    assert oauth_login.verdict("alice") == "reauthorize"
    oauth_login.configure(provider, login={"reuse_within": "1h"})
    said = oauth_login.run_json("verify", "alice")
    assert (said["verdict"], said["source"]) == ("reauthorize", "shared")
    oauth_login.import_grant("alice", provider.issue_grant("alice"))
    assert oauth_login.verdict("alice") == "granted"
