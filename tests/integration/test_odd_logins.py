# SPDX-License-Identifier: BSD-2-Clause
"""Names that are no account, users that change during a login, sessions without a keyring."""

import errno
import sys
from pathlib import Path

import pytest
from installation import STORE
from pam_application import converse

STACK = """
auth     required pam_oauth_login.so assume_proven
account  required pam_oauth_login.so
session  required pam_oauth_login.so {options}
"""
PERMITTING = STACK.replace("account ", "account required pam_permit.so\naccount ", 1).format(
    options="debug")
LOGIN = ("authenticate", "acct_mgmt", "setcred", "open_session", "setcred", "close_session")
WITHOUT_KEYS = Path(__file__).with_name("kit") / "without_keys.py"


@pytest.fixture
def door(host):
    """Makes a service with the module alone; options: those of its session line."""
    def serve(options="", service="door"):
        host.pam(service, STACK.format(options=options))
        return service
    return serve


def entries():
    """The names of the entries in the store."""
    return sorted(path.name for path in (STORE / "accounts").iterdir())


# Names


@pytest.mark.parametrize("name", [
    "../alice", "../../etc/passwd", "/alice", "a/b", "", ".", "..", "-alice", "alice:", "alice\n",
    "alice\nroot", "\x1b[2Jalice", "ALICE", "Alice", "alice ", "alic\u00e9", "n" * 33, "n" * 300,
])
def test_a_name_that_is_no_account_is_unknown_and_leaves_nothing(name, door, corp):
    sent, before = len(corp.requests()), entries()
    steps = ("authenticate", "acct_mgmt", "open_session")
    assert converse(door(), name, *steps).codes == ("USER_UNKNOWN",) * 3
    assert len(corp.requests()) == sent
    assert entries() == before


@pytest.mark.parametrize("name", ["../alice", "a/b", "-alice", "alice\nroot", "ALICE", "n" * 300])
def test_commands_refuse_a_name_that_is_no_account(name, oauth_login, corp):
    sent, before = len(corp.requests()), entries()
    token = corp.issue_grant("alice")
    for command in ("verify", "import", "status", "unenroll"):
        result = oauth_login.run(command, "--", name, input=token)
        assert not result.ok, result
        assert "\n" not in result.stderr.rstrip("\n"), "a name cannot add lines to the output"
    assert len(corp.requests()) == sent
    assert entries() == before


def test_an_account_with_the_longest_name_logs_in(host, door, corp, oauth_login):
    name = "n" * 32
    host.add_user(name)
    try:
        oauth_login.enroll(corp, name)
        assert converse(door(), name, "acct_mgmt").codes == ("SUCCESS",)
    finally:
        host.delete_user(name)


def test_a_system_account_is_not_managed(door, corp):
    assert converse(door(), "daemon", "authenticate", "acct_mgmt").codes == ("PERM_DENIED",) * 2
    assert converse(door(), "root", "acct_mgmt").codes == ("PERM_DENIED",), "all is ignored"


def test_a_new_user_with_a_reused_uid_has_no_grant(host, door, corp, oauth_login):
    """The new user has no grant, and cannot use that of the old user."""
    carol = host.add_user("carol")
    oauth_login.enroll(corp, "carol")
    host.delete_user("carol")
    host.add_user("dave", uid=carol.uid)
    try:
        assert converse(door(), "dave", "acct_mgmt").codes == ("PERM_DENIED",)
        assert oauth_login.verdict("dave") == "not-enrolled"
    finally:
        host.delete_user("dave")


def test_a_reused_name_with_a_new_uid_has_no_grant(host, door, corp, oauth_login):
    carol = host.add_user("carol")
    oauth_login.enroll(corp, "carol")
    host.delete_user("carol")
    host.add_user("carol", uid=carol.uid + 500)
    sent = len(corp.requests("/token"))
    try:
        assert converse(door(), "carol", "acct_mgmt").codes == ("SYSTEM_ERR",)
    finally:
        host.delete_user("carol")
    assert len(corp.requests("/token")) == sent


# Users that change during a login


def test_each_phase_decides_about_the_user_of_that_phase(door, corp, bob):
    answers = converse(door(), "alice", "authenticate", "user:bob", "acct_mgmt", "open_session")
    assert answers.codes[:3] == ("SUCCESS", "SUCCESS", "PERM_DENIED"), "bob has no grant"
    answers = converse(door(), "bob", "authenticate", "user:alice", "acct_mgmt")
    assert answers.codes == ("AUTH_ERR", "SUCCESS", "SUCCESS")


def test_a_login_that_changes_its_name_from_root_is_checked(host, corp):
    corp.revoke("alice")
    host.pam("door", PERMITTING)
    assert converse("door", "root", "acct_mgmt", "user:alice", "acct_mgmt").codes == (
        "SUCCESS", "SUCCESS", "PERM_DENIED")


# Keyrings


@pytest.mark.parametrize("error", ["EPERM", "ENOSYS"])
def test_a_login_works_without_a_key_where_keyrings_are_forbidden(error, host, door, corp):
    wrapper = (sys.executable, str(WITHOUT_KEYS), str(getattr(errno, error)))
    mark = host.log.mark()
    assert converse(door(), "alice", *LOGIN, wrapper=wrapper).codes == ("SUCCESS",) * len(LOGIN)
    host.log.wait_for("alice: no session key: ", since=mark)
    assert converse(door("keyring_required"), "alice", *LOGIN[:4], wrapper=wrapper).codes == (
        "SUCCESS", "SUCCESS", "SUCCESS", "SESSION_ERR")


def test_a_revoked_session_keyring_is_replaced_by_a_new_one(host, door, corp):
    wrapper = ("keyctl", "session", "-", "sh", "-c", 'keyctl revoke @s; exec "$@"', "sh")
    mark = host.log.mark()
    assert converse(door("debug"), "alice", *LOGIN, wrapper=wrapper).codes == (
        "SUCCESS",) * len(LOGIN)
    host.log.wait_for("session key oauth-login:corp planted", since=mark)


def test_systemd_user_gets_the_key_without_asking_the_provider(host, door, corp):
    host.pam("systemd-user", PERMITTING)
    sent, mark = len(corp.requests()), host.log.mark()
    assert converse("systemd-user", "alice", "acct_mgmt", "setcred", "open_session").codes == (
        "SUCCESS",) * 3
    assert len(corp.requests()) == sent
    host.log.wait_for(r"systemd-user:session\): alice: session key oauth-login:corp planted",
                      since=mark)


def test_a_stack_of_the_module_alone_lets_nobody_in_for_systemd_user(door, corp):
    """An ignored line must not let the user in."""
    assert converse(door(service="systemd-user"), "alice", "authenticate", "acct_mgmt").codes == (
        "PERM_DENIED",) * 2
