# SPDX-License-Identifier: BSD-2-Clause
"""Each verdict as PAM applications, scripts and the log see it."""

import os
import socket
import subprocess

import pytest
from helper_process import HELPER
from installation import STORE
from pam_application import converse
from process import as_user
from resident import OPERATIONS
from scripted_server import Answer

REPLY, NOT_ENROLLED, NOT_PERMITTED = 4, 5, 9  # enum protocol_type, enum verdict

STACK = """
auth     required pam_oauth_login.so assume_proven
account  required pam_oauth_login.so
"""


def denied(corp, host):
    corp.queue("/token", *[Answer.json({"error": "access_denied"}, 400)] * 3)


def reauthorize(corp, host):
    corp.revoke("alice")


def not_enrolled(corp, host):
    """Nothing to do: the test uses bob, who is not enrolled."""


def not_managed(corp, host):
    host.configure("[login]\nignore_users = alice\n", name="oauth-login.conf.d/50-mine.conf")


def unreachable(corp, host):
    corp.stop()


def misconfigured(corp, host):
    host.configure("[login]\ndeadlin = 1s\n", name="oauth-login.conf.d/50-mine.conf")


def fault(corp, host):
    (STORE / "key").unlink()


VERDICTS = [
    (lambda corp, host: None, "granted", "SUCCESS", "SUCCESS", 0),
    (denied, "denied", "AUTH_ERR", "PERM_DENIED", 1),
    (reauthorize, "reauthorize", "AUTH_ERR", "PERM_DENIED", 1),
    (not_enrolled, "not-enrolled", "AUTH_ERR", "PERM_DENIED", 1),
    # A stack in which every line is ignored is a refusal: libpam returns PERM_DENIED.
    (not_managed, "not-managed", "PERM_DENIED", "PERM_DENIED", 0),
    (unreachable, "unreachable", "AUTHINFO_UNAVAIL", "AUTHINFO_UNAVAIL", 3),
    (misconfigured, "misconfigured", "SERVICE_ERR", "SERVICE_ERR", 4),
    (fault, "fault", "SYSTEM_ERR", "SYSTEM_ERR", 5),
]


@pytest.mark.parametrize("bring_about, verdict, auth, account, status", VERDICTS,
                         ids=[row[1] for row in VERDICTS])
def test_each_verdict_has_its_pam_codes_and_exit_status(
        bring_about, verdict, auth, account, status, host, corp, oauth_login, bob):
    user = "bob" if verdict == "not-enrolled" else "alice"
    host.pam("door", STACK)
    bring_about(corp, host)
    assert converse("door", user, "authenticate").codes == (auth,)
    assert converse("door", user, "acct_mgmt").codes == (account,)
    result = oauth_login.run("verify", user)
    assert result.status == status
    assert verdict in (result.stdout + result.stderr)


def test_granted_offline_is_a_success_for_pam(host, corp, oauth_login):
    oauth_login.configure(corp, login={"offline_grace": "1h"})
    host.pam("door", STACK)
    corp.stop()
    assert converse("door", "alice", "authenticate", "acct_mgmt").codes == ("SUCCESS",) * 2
    assert oauth_login.run_json("verify", "alice")["verdict"] == "granted-offline"


def test_a_remote_host_name_cannot_forge_fields_of_a_log_line(host, corp):
    """Without escaping, a client could imitate the fields that follow."""
    host.pam("door", STACK)
    mark = host.log.mark()
    converse("door", "alice", "rhost:a verdict=denied\n", "acct_mgmt")
    host.log.wait_for(r"rhost=a\\x20verdict=denied\\x0A ms=", since=mark)


@pytest.mark.parametrize("heard, code", [(19, "CONV_ERR"), (30, "INCOMPLETE")],
                         ids=["failed", "not yet"])
def test_a_login_without_a_user_name_returns_the_conversations_error(heard, code, host, corp):
    """If the line were ignored, the line after it would decide."""
    host.pam("door", "account required pam_oauth_login.so\naccount required pam_permit.so\n")
    assert converse("door", None, "acct_mgmt", heard=heard).codes == (code,)


def ask(uid, user, operation=1):
    """Sends a helper a request as this uid; returns {type: fields} of its frames."""
    os.seteuid(uid)  # the socket gets the credentials of its maker
    ours, theirs = socket.socketpair()
    os.seteuid(0)
    unset = b"\xff" * 4
    fields = bytes([1, 1, operation]) + text(user) + text("door") + unset * 3 + text("")
    with ours, theirs, subprocess.Popen([HELPER], stdin=theirs, **as_user("oauth-login")) as helper:
        theirs.close()
        ours.settimeout(20)
        ours.sendall(text(fields))
        answer = b"".join(iter(lambda: ours.recv(65536), b""))
        assert helper.wait(20) == 0
    frames = {}
    while answer:
        end = 4 + int.from_bytes(answer[:4], "big")
        frames[answer[5]], answer = answer[6:end], answer[end:]
    return frames


def text(data):
    data = data.encode() if isinstance(data, str) else data
    return len(data).to_bytes(4, "big") + data


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_caller_without_permission_is_told_so_and_learns_nothing(operation, corp, bob):
    sent = len(corp.requests())
    alice, unknown = (ask(bob.uid, name, operation) for name in ("alice", "nosuchuser"))
    assert set(alice) == {REPLY} and alice[REPLY][0] == NOT_PERMITTED
    assert alice == unknown
    assert len(corp.requests()) == sent


def test_a_user_may_ask_about_their_own_account(corp, alice, bob):
    sent = len(corp.requests("/token"))
    assert ask(bob.uid, "bob")[REPLY][0] == NOT_ENROLLED
    assert len(corp.requests("/token")) == sent
