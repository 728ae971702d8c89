# SPDX-License-Identifier: BSD-2-Clause
"""The verdict about a grant in each phase of a login; a grant alone never lets a user in."""

import pytest

from pam_application import converse

NOBODY = "alice: no authentication method has succeeded yet"
AUTH = r"pam_oauth_login\(sshd:auth\): alice: granted by corp \(verdict=granted "
ACCOUNT = r"pam_oauth_login\(sshd:account\): alice: granted by corp \(verdict=granted "
BOTH = """
@include common-auth
auth     required pam_oauth_login.so {auth}
account  required pam_oauth_login.so
@include common-account
session  required pam_permit.so
"""


def only_auth(control="required", options=""):
    """A stack in which pam_oauth_login is the only module of the auth phase."""
    return (f"auth {control} pam_oauth_login.so {options}\n"
            "account required pam_permit.so\nsession required pam_permit.so\n")


def ask_both(host, auth=""):
    """Makes sshd require a password or a key, and the grant in each phase, without a delay."""
    host.pam("common-auth", host.pam_text("common-auth").replace("_unix.so", "_unix.so nodelay"))
    host.pam("sshd", BOTH.format(auth=auth))


def renewals(provider):
    """The number of renewals by logins; the first request was that of the import."""
    return len(provider.requests("/token")) - 1


@pytest.fixture(scope="module")
def proving_sshd(host):
    """An sshd that requires a key first, and then what PAM requires."""
    with host.sshd("AuthenticationMethods publickey,keyboard-interactive:pam") as running:
        yield running


# The grant alone


@pytest.mark.parametrize("control", ("required", "sufficient"))
def test_a_grant_alone_lets_nobody_in(host, corp, sshd, control):
    host.pam("sshd", only_auth(control))
    mark = host.log.mark()
    login = sshd.ssh("alice", methods="keyboard-interactive", answers=["unasked"])
    assert (login.status, login.prompts) == (255, ())
    host.log.wait_for(AUTH + "source=refresh", since=mark)
    host.log.wait_for(NOBODY, since=mark)
    assert corp.alive("alice")


def test_a_grant_lets_in_a_person_who_has_shown_a_key(host, corp, proving_sshd):
    host.pam("sshd", only_auth())
    mark = host.log.mark()
    login = proving_sshd.ssh("alice", "id -un", methods="publickey,keyboard-interactive",
                             answers=["unasked"])
    assert (login.stdout, login.prompts) == ("alice\n", ())
    host.log.wait_for(AUTH + "source=refresh", since=mark)
    assert not host.log.matching(NOBODY, mark)


def test_a_dead_grant_refuses_a_person_who_has_shown_a_key(host, corp, proving_sshd):
    host.pam("sshd", only_auth())
    corp.remove_user("alice")
    mark = host.log.mark()
    login = proving_sshd.ssh("alice", methods="publickey,keyboard-interactive", answers=["x"])
    assert login.status == 255
    host.log.wait_for(r"sshd:auth\): alice: reauthorize .*reason=\"invalid_grant", since=mark)


def test_with_assume_proven_a_grant_alone_lets_the_person_in(host, corp, sshd):
    host.pam("sshd", only_auth(options="assume_proven"))
    mark = host.log.mark()
    assert sshd.ssh("alice", methods="keyboard-interactive", answers=["unasked"]).ok
    host.log.wait_for(AUTH, since=mark)
    assert not host.log.matching(NOBODY, mark)
    corp.remove_user("alice")
    assert not sshd.ssh("alice", methods="keyboard-interactive", answers=["unasked"]).ok


def test_a_grant_does_not_replace_the_password_of_su(host, corp, bob):
    """The user cannot pretend, by an environment variable, that sshd has authenticated the user."""
    host.pam("su", only_auth("sufficient"))
    mark = host.log.mark()
    claimed = host.run_as("bob", "env", "SSH_AUTH_INFO_0=publickey ssh-ed25519 AAAA",
                          "su", "alice", "-c", "id -un")
    assert (claimed.ok, claimed.stdout) == (False, "")
    host.log.wait_for(r"su:auth\): " + NOBODY, since=mark)
    host.pam("su", only_auth(options="assume_proven"))
    assert host.su("alice", "id -un", as_user="bob").stdout == "alice\n"


@pytest.mark.parametrize("proof, code", (
    ("publickey ssh-ed25519 AAAA", "SUCCESS"),
    ("", "PERM_DENIED"),
    ("\n", "PERM_DENIED"),
), ids=("a method", "none", "an empty line"))
def test_only_a_method_named_by_sshd_counts_as_proof(host, corp, proof, code):
    host.pam("door", only_auth())
    answers = converse("door", "alice", "authenticate",
                       environment=[f"SSH_AUTH_INFO_0={proof}"])
    assert answers.codes == (code,)


# The grant and another proof


@pytest.mark.parametrize("method", ("keyboard-interactive", "password"))
def test_each_phase_asks_the_provider_if_answers_may_not_be_shared(host, corp, sshd, alice, method):
    ask_both(host)  # reuse_within is 0 in the configuration
    mark = host.log.mark()
    login = sshd.ssh("alice", methods=method, answers=[alice.password])
    assert login.ok and len(login.prompts) == 1, login
    host.log.wait_for(AUTH + "source=refresh rotated=yes rhost=127.0.0.1 ms=", since=mark)
    host.log.wait_for(ACCOUNT + "source=refresh rotated=yes rhost=127.0.0.1 ms=", since=mark)
    assert renewals(corp) == 2


def test_the_phases_of_a_login_share_one_answer(host, oauth_login, corp, sshd, alice):
    """Uses the default of reuse_within; 0 on the auth line excludes the answer of the import."""
    oauth_login.configure(corp, login={"reuse_within": "30s"})
    ask_both(host, auth="reuse_within=0")
    mark = host.log.mark()
    assert sshd.ssh("alice", methods="password", answers=[alice.password]).ok
    host.log.wait_for(AUTH + "source=refresh rotated=yes", since=mark)
    host.log.wait_for(ACCOUNT + "source=shared rotated=no", since=mark)
    assert renewals(corp) == 1
    ask_both(host)
    assert sshd.ssh("alice", methods="password", answers=[alice.password]).ok
    assert sshd.ssh("alice").ok
    assert renewals(corp) == 1, "logins within reuse_within share it too"


def test_a_login_can_require_a_key_a_password_and_a_grant(host, corp, proving_sshd, alice):
    ask_both(host)
    how = {"methods": "publickey,keyboard-interactive"}
    assert proving_sshd.ssh("alice", answers=[alice.password], **how).ok
    assert renewals(corp) == 2
    assert not proving_sshd.ssh("alice", answers=["wrong"], **how).ok
    assert not proving_sshd.ssh("alice", **how).ok, "the key alone"
    assert renewals(corp) == 2, "the provider is not asked about a failed login"
    corp.revoke("alice")
    assert not proving_sshd.ssh("alice", answers=[alice.password], **how).ok


@pytest.mark.parametrize("method", ("keyboard-interactive", "password"))
def test_a_password_without_a_grant_is_refused(host, corp, sshd, alice, method):
    ask_both(host)
    corp.remove_user("alice")
    mark = host.log.mark()
    assert sshd.ssh("alice", methods=method, answers=[alice.password]).status == 255
    host.log.wait_for(r"sshd:auth\): alice: reauthorize by corp .* reason=\"invalid_grant",
                      since=mark)


def test_a_key_login_asks_the_provider_once_and_in_account_only(host, corp, sshd):
    ask_both(host)
    mark = host.log.mark()
    assert sshd.ssh("alice").ok
    host.log.wait_for(ACCOUNT, since=mark)
    assert (renewals(corp), host.log.matching(AUTH, mark)) == (1, [])


# Accounts that are not managed


def let_root_in(host, alice):
    """Lets root log in with alice's key, which saves making another."""
    key = (alice.home / ".ssh" / "authorized_keys").read_text()
    host.files.write("/root/.ssh/authorized_keys", key, mode=0o600)


def lose_the_helper(host):
    host.files.remove("/usr/libexec/oauth-login-helper")


def break_the_configuration(host):
    host.configure("[login]\nprovidre = corp\n")


def misspell_an_option(host):
    host.pam("sshd", host.pam_text("sshd").replace("oauth_login.so", "oauth_login.so permisive"))


@pytest.mark.parametrize("damage, reason", (
    (lose_the_helper, "fault .*starting /usr/libexec/oauth-login-helper: execve: No such file"),
    (break_the_configuration,
     r"misconfigured .*oauth-login.conf:2: \[login\] providre: unknown key"),
    (misspell_an_option, "misconfigured .*option 'permisive' in /etc/pam.d is unknown"),
), ids=("no helper", "configuration", "option"))
def test_no_broken_setup_locks_root_out(host, oauth_login, corp, sshd, alice, damage, reason):
    oauth_login.use("sshd")
    let_root_in(host, alice)
    damage(host)
    mark = host.log.mark()
    login = sshd.ssh("root", "id -u", key=alice.key)
    assert (login.status, login.stdout) == (0, "0\n"), login
    assert sshd.ssh("alice").status == 255
    host.log.wait_for(r"sshd:account\): alice: " + reason, since=mark)
    assert renewals(corp) == 0


@pytest.mark.parametrize("login, reason", (
    ({"minimum_uid": 60000}, r"uid \d+ is below minimum_uid 60000"),
    ({"ignore_users": "breakglass alice"}, "named in ignore_users"),
    ({"managed_group": "daemon"}, "not in managed_group daemon"),
), ids=("minimum_uid", "ignore_users", "managed_group"))
def test_an_account_that_is_not_managed_logs_in_without_the_provider(
        host, oauth_login, corp, sshd, login, reason):
    oauth_login.configure(corp, login=login)
    oauth_login.use("sshd")
    corp.remove_user("alice")
    mark = host.log.mark()
    assert sshd.ssh("alice").ok
    line = host.log.wait_for(rf"alice: not-managed \(verdict=not-managed .*{reason}", since=mark)
    assert line.level == "info"
    assert renewals(corp) == 0
    oauth_login.configure(corp)
    assert not sshd.ssh("alice").ok, "managed, it is refused"


def test_members_of_the_managed_group_are_managed(host, oauth_login, corp, sshd):
    oauth_login.configure(corp, login={"managed_group": "cloud"})
    oauth_login.use("sshd")
    groups = host.files.write("/etc/group", open("/etc/group").read() + "cloud:x:4000:alice\n")
    assert sshd.ssh("alice").ok
    assert renewals(corp) == 1
    corp.remove_user("alice")
    assert not sshd.ssh("alice").ok
    mark = host.log.mark()
    host.files.write(groups, groups.read_text().replace("cloud:", "clouds:"))
    assert not sshd.ssh("alice").ok, "a missing group is a mistake and refuses every login"
    host.log.wait_for(r"misconfigured .*managed_group = cloud: there is no such group", since=mark)


def test_a_stack_of_the_module_alone_refuses_an_account_that_is_not_managed(
        host, oauth_login, corp):
    oauth_login.configure(corp, login={"ignore_users": "alice"})
    host.pam("door", "auth required pam_oauth_login.so assume_proven\n"
                     "account required pam_oauth_login.so\n")
    assert converse("door", "alice", "authenticate", "acct_mgmt").codes == (
        "PERM_DENIED", "PERM_DENIED")


def test_an_unknown_account_and_one_without_a_grant_get_different_codes(host, corp, bob):
    host.pam("door", "auth required pam_oauth_login.so assume_proven\n"
                     "account required pam_oauth_login.so nouserok\n"
                     "auth required pam_permit.so\naccount required pam_permit.so\n")
    steps = "authenticate", "acct_mgmt"
    assert converse("door", "nobody-such", *steps).codes == ("USER_UNKNOWN", "USER_UNKNOWN")
    assert converse("door", "bob", *steps).codes == ("AUTH_ERR", "SUCCESS")
    assert converse("door", "alice", *steps).codes == ("SUCCESS", "SUCCESS")
