# SPDX-License-Identifier: BSD-2-Clause
"""The options of pam_oauth_login.so, and their effects."""

import re
import threading

import pytest

from open_sessions import READ_KEY
from pam_application import converse
from scripted_server import Answer

STACK = """
@include common-auth
account  required pam_oauth_login.so {account}
@include common-account
session  optional pam_keyinit.so force revoke
session  required pam_oauth_login.so {session}
"""


@pytest.fixture
def options(host):
    """Sets the options of sshd's account and session lines."""
    return lambda account="", session="": host.pam(
        "sshd", STACK.format(account=account, session=session))


def renewals(provider):
    """The number of renewals by logins; the first request was that of the import."""
    return len(provider.requests("/token")) - 1


def test_nouserok_lets_in_an_account_that_is_not_enrolled(
        host, oauth_login, provider, sshd, alice, options):
    oauth_login.configure(provider)
    options()
    login = sshd.ssh("alice")
    assert not login.ok and "alice is not enrolled on bastion1" in login.stderr
    options("nouserok", "nouserok keyring_required")
    mark = host.log.mark()
    login = sshd.ssh("alice")
    assert login.ok and "enrolled" not in login.stderr, login
    host.log.wait_for(r"alice: not-enrolled \(verdict=not-enrolled ", since=mark)
    assert not host.log.matching("no session key", mark)


def test_nouserok_does_not_excuse_a_dead_grant(corp, sshd, options):
    options("nouserok", "nouserok")
    assert sshd.ssh("alice").ok
    corp.revoke("alice")
    assert not sshd.ssh("alice").ok


def test_permissive_refuses_nobody_and_logs_the_verdict(host, corp, sshd, options):
    options("permissive", "permissive")
    corp.remove_user("alice")
    mark = host.log.mark()
    login = sshd.ssh("alice")
    assert login.ok and "refused" not in login.stderr, login
    host.log.wait_for(r"alice: reauthorize by corp .*invalid_grant.* permissive\)$", since=mark)
    corp.stop()
    assert sshd.ssh("alice").ok
    host.log.wait_for(r"alice: unreachable .* permissive\)$", since=mark)
    host.configure("[login]\n")
    assert sshd.ssh("alice").ok
    host.log.wait_for(r"alice: misconfigured .* permissive\)$", since=mark)


def test_permissive_alone_lets_nobody_in(host, corp):
    host.pam("door", "auth sufficient pam_oauth_login.so permissive\n"
                     "account required pam_permit.so\n")
    assert converse("door", "alice", "authenticate").codes == ("PERM_DENIED",)
    corp.remove_user("alice")
    proven = ["SSH_AUTH_INFO_0=publickey"]
    assert converse("door", "alice", "authenticate", environment=proven).codes == ("PERM_DENIED",)


def test_quiet_shows_the_person_no_message(host, corp, sshd, options):
    corp.revoke("alice")
    options()
    assert "corp no longer honors this machine's grant for alice" in sshd.ssh("alice").stderr
    options("quiet")
    mark = host.log.mark()
    login = sshd.ssh("alice")
    assert login.status == 255 and "corp" not in login.stderr, login
    host.log.wait_for("alice: reauthorize by corp", since=mark)


def test_debug_logs_in_which_keyring_the_key_was_planted(host, corp, sshd, options):
    planted = r"alice: session key oauth-login:corp planted in keyring (\d+)"
    mark = host.log.mark()
    options()
    assert sshd.ssh("alice").ok
    options(session="debug")
    ring = sshd.ssh("alice", "keyctl id %keyring:oauth-login").stdout
    line = host.log.wait_for(planted, since=mark)
    assert (re.search(planted, line)[1] + "\n", line.level) == (ring, "debug")
    assert len(host.log.matching(planted, mark)) == 1, "only with the option"


def test_keyring_none_plants_no_key(corp, sshd, options):
    options(session="keyring=session")
    assert sshd.ssh("alice", READ_KEY).ok
    options(session="keyring=none")
    login = sshd.ssh("alice", f"keyctl show @s; {READ_KEY} || echo none")
    assert login.stdout.endswith("none\n") and "oauth-login" not in login.stdout, login


def test_keyring_required_ends_a_login_without_a_key(host, oauth_login, provider, sshd, alice):
    """The stack has no account line, which would refuse an account that is not enrolled."""
    oauth_login.configure(provider)
    stack = "account required pam_permit.so\nsession required pam_oauth_login.so {}\n"
    host.pam("sshd", stack.format(""))
    mark = host.log.mark()
    assert sshd.ssh("alice").ok
    line = host.log.wait_for("alice: no session key: no grant is stored", since=mark)
    assert line.level == "warning"
    host.pam("sshd", stack.format("keyring_required"))
    assert not sshd.ssh("alice", "echo in").stdout
    host.pam("door", stack.format("keyring_required"))
    assert converse("door", "alice", "open_session").codes == ("SESSION_ERR",)
    host.pam("door", stack.format("keyring_required permissive"))
    assert converse("door", "alice", "open_session").codes == ("SUCCESS",)
    oauth_login.enroll(provider, "alice")
    assert sshd.ssh("alice", "echo in").stdout == "in\n"


def test_the_deadline_option_overrides_the_configuration(host, corp, sshd, options):
    answer_now = threading.Event()
    late = Answer.json({"error": "temporarily_unavailable"}, 503, hold=answer_now)
    corp.queue("/token", late)
    options("deadline=1s")
    mark = host.log.mark()
    login = sshd.ssh("alice")
    assert login.status == 255 and "corp did not answer within 1 s" in login.stderr, login
    line = host.log.wait_for("alice: unreachable .*corp did not answer within 1 s", since=mark)
    assert 1000 <= int(re.search(r" ms=(\d+)", line)[1]) < 5000, "10 s are configured"
    answer_now.set()
    assert sshd.ssh("alice").ok


def test_the_config_option_names_another_file(host, corp, sshd, options):
    text = open("/etc/oauth-login/oauth-login.conf").read()
    host.configure(text, name="door.conf")
    host.configure("broken")
    options()
    assert not sshd.ssh("alice").ok
    options("config=/etc/oauth-login/door.conf", "config=/etc/oauth-login/door.conf")
    assert sshd.ssh("alice", READ_KEY).stdout
    options("config=/etc/oauth-login/none.conf")
    mark = host.log.mark()
    assert not sshd.ssh("alice").ok
    host.log.wait_for("alice: misconfigured .*/etc/oauth-login/none.conf", since=mark)


@pytest.mark.parametrize("option, wrong", (
    ("minimum_uid=1000", "is unknown; see pam_oauth_login"),
    ("Permissive", "is unknown; see pam_oauth_login"),
    ("permissive=yes", "takes no value"),
    ("keyring=maybe", "takes session or none"),
    ("keyring", "takes session or none"),
    ("reuse_within=30", "takes a duration such as 90s, 5m, 8h, 30d or 0"),
    ("offline_grace=", "takes a duration such as 90s, 5m, 8h, 30d or 0"),
    ("deadline=0", "takes 1s to 5m"),
    ("deadline=6m", "takes 1s to 5m"),
    ("config=oauth-login.conf", "takes an absolute path"),
))
def test_a_wrong_option_is_named_and_refuses_the_login(host, corp, option, wrong):
    """The option is checked in every phase; not even permissive lets such a login in."""
    host.pam("door", "".join(f"{phase} required pam_oauth_login.so permissive {option}\n"
                             f"{phase} required pam_permit.so\n"
                             for phase in ("auth", "account", "session")))
    mark = host.log.mark()
    codes = converse("door", "alice", "authenticate", "acct_mgmt", "open_session").codes
    assert codes == ("SERVICE_ERR",) * 3
    for phase in "auth", "account", "session":
        line = host.log.wait_for(rf"pam_oauth_login\(door:{phase}\): alice: misconfigured "
                                 rf"\(verdict=misconfigured reason=\"option '{option}' .*{wrong}",
                                 since=mark)
        assert line.level == "err"
    assert renewals(corp) == 0


@pytest.mark.parametrize("conditions, messages", [((), 1), (("silent",), 0)])
def test_a_wrong_option_shows_no_message_under_pam_silent(corp, pam_host, conditions, messages):
    pam_host.serve("permisive")
    report = pam_host.run("alice", conditions=conditions, phases="auth")
    assert (report.codes, report.number("messages")) == (("SERVICE_ERR",), messages)


def test_a_wrong_option_with_unprintable_bytes_is_logged_escaped(host, corp):
    host.pam("door", "auth required pam_oauth_login.so per\x1b[2Jmis\"ive\n")
    mark = host.log.mark()
    assert converse("door", "alice", "authenticate").codes == ("SERVICE_ERR",)
    host.log.wait_for(r"option 'per\\x1B\[2Jmis\\x22ive'", since=mark)
