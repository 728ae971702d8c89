# SPDX-License-Identifier: BSD-2-Clause
"""A hundred logins of one account, at a provider that accepts no refresh token twice."""

import os
import re
import tempfile

import pytest

from real_provider import real_provider
from open_sessions import READ_KEY
from terminal import Terminal

LOGINS = 100
RENEWED = (r"pam_oauth_login\(sshd:account\): alice: granted by corp "
           r"\(verdict=granted source=refresh rotated=yes rhost=127.0.0.1 ms=\d+\)$")
FASTER = ["KexAlgorithms=curve25519-sha256"]  # others take a third of a login's time


@pytest.fixture
def glewlwyd():
    with tempfile.TemporaryDirectory(prefix="glewlwyd-") as directory:
        os.chmod(directory, 0o755)  # the helper's user reads the authority's certificate
        with real_provider(directory) as running:
            yield running


def test_a_hundred_logins_renew_a_hundred_times_until_the_account_is_gone(
        host, oauth_login, glewlwyd, sshd, alice):
    oauth_login.configure(glewlwyd)
    oauth_login.use("sshd", "sudo")
    host.sudoers("alice ALL = NOPASSWD: ALL")
    oauth_login.enroll(glewlwyd, "alice")
    mark = host.log.mark()
    tokens = set()
    for number in range(LOGINS - 1):
        login = sshd.ssh("alice", READ_KEY, options=FASTER)
        assert login.ok, f"login {number}: {login}"
        tokens.add(login.stdout)
    assert len(tokens) == LOGINS - 1
    with Terminal(*sshd.client("alice", tty=True)) as session:
        session.expect(r"\$ $")
        host.log.wait_for(RENEWED, since=mark, count=LOGINS)
        decisions = host.log.matching(r"pam_oauth_login\(\w+:\w+\)", mark)
        assert len(decisions) == LOGINS, decisions
        session.send_line(f"{READ_KEY}; echo; sudo id -un; echo before=$?")
        token = session.expect(r"\n([^\n]+)\nroot\nbefore=0")[1]
        assert token not in tokens
        assert glewlwyd.userinfo(token)["preferred_username"] == "alice"

        glewlwyd.remove_user("alice")
        login = sshd.ssh("alice")
        assert login.status == 255, login
        assert "corp no longer honors this machine's grant for alice" in login.stderr
        refused = host.log.wait_for(r"sshd:account\): alice: reauthorize by corp", since=mark)
        assert re.search(r"verdict=reauthorize source=refresh .* reason=\"", refused)
        session.send_line("sudo id -un; echo after=$?")
        session.expect("Permission denied(?s:.*)after=1")
        host.log.wait_for(r"sudo:account\): alice: reauthorize by corp", since=mark)
