# SPDX-License-Identifier: BSD-2-Clause
"""Mistakes in the configuration and damage to the store are named, and nothing is overwritten."""

import os
import re
import shutil
from pathlib import Path

import pytest
from installation import CHECKOUT, STORE
from process import run

ENTRY = STORE / "accounts" / "alice"  # alice's entry in the store


@pytest.fixture
def enrolled(oauth_login, provider, alice):
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    return oauth_login


GOOD = """[login]
provider = corp
[provider corp]
issuer = https://localhost:1
client_id = bastion
username_claim = preferred_username
"""

WRONG = {
    "unknown key": ("[login]\nprovidr = corp\n", ":2: [login] providr: unknown key"),
    "unknown section": ("[logon]\nx = 1\n", "[logon] x: unknown section"),
    "no section": ("provider = corp\n", ":1: a key before the first section"),
    "open bracket": ("[login\nprovider = corp\n", ":1: a section is [NAME]"),
    "no equals sign": (GOOD + "client_secret\n", ":7: neither [SECTION] nor KEY = VALUE"),
    "set twice": (GOOD + "issuer = https://other\n", ":7: [provider corp] issuer is already set"),
    "blank in a key": (GOOD + "[accounts corp]\nbob smith = 3\n", ":8: a key is one word"),
    "comment in a word": ("[login]\nreuse_within = 5s#\n", "reuse_within: '5s#' must be a dur"),
    "bad duration": ("[login]\ndeadline = 10\n", ":2: [login] deadline: '10' must be a duration"),
    "out of range": ("[login]\ndeadline = 1h\n", "deadline: '1h' is out of range (1 to 300 sec"),
    "bad number": ("[login]\nminimum_uid = many\n", "minimum_uid: 'many' must be a whole number"),
    "bad choice": ("[provider corp]\nclient_auth = jwt\n", "'jwt' must be one of: none client"),
    "no TLS": ("[provider corp]\nissuer = http://x\n", "must be an https:// address"),
    "relative path": ("[provider corp]\nca_file = ca.pem\n", "must be an absolute path"),
    "no such proof": (GOOD + "require = jwt\n", "'jwt' must be one of: refresh id_token userinfo"),
    "no claims": (GOOD + "require_groups = admins\n", "refresh brings no claims"),
    "no provider": ("[login]\nreuse_within = 0\n", "[login] provider: not set"),
    "provider elsewhere": ("[login]\nprovider = corp\n", "there is no section [provider corp]"),
    "no client": (GOOD.replace("client_id = bastion", ""), "client_id: not set"),
    "no issuer": (GOOD.replace("issuer = https://localhost:1", ""), "issuer: not set"),
    "no identity": (GOOD.replace("username_claim = preferred_username", ""), "username_claim: not"),
    "no secret": (GOOD + "client_auth = client_secret_post\n", "client_secret_file: not set"),
    "secret gone": (GOOD + "client_auth = client_secret_post\nclient_secret_file = /etc/gone\n",
                    "cannot open client_secret_file /etc/gone"),
    "group gone": (GOOD.replace("[login]", "[login]\nmanaged_group = gone"), "no such group"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_configuration_is_named(name, enrolled, host):
    text, complaint = WRONG[name]
    host.configure(text)
    result = enrolled.run("verify", "alice")
    assert result.status == 4
    assert complaint in result.stderr
    assert enrolled.run("verify", "root").ok, "root is never locked out"


def test_an_ignored_user_is_not_affected_by_errors_in_other_sections(enrolled, host):
    host.configure("[login]\nprovider = corp\nignore_users = alice\n[provider corp]\nissuer = x\n")
    assert enrolled.verdict("alice") == "not-managed"
    for wrong in "ignored_users = alice", "ignore_users = alice\nminimum_uid = many":
        host.configure(f"[login]\n{wrong}\n[provider corp]\nissuer = https://x\n")
        assert enrolled.verdict("alice") == "misconfigured", "the ignored users are unknown"


def test_the_session_of_an_ignored_user_needs_no_key_despite_configuration_errors(
        enrolled, host, sshd):
    enrolled.use("sshd")
    host.pam("sshd", re.sub(r"(session .* pam_oauth_login.so)", r"\1 keyring_required",
                            host.pam_text("sshd")))
    host.configure("[login]\nprovider = corp\nignore_users = alice\n[provider corp]\nissuer = x\n")
    assert sshd.ssh("alice").ok


def test_a_name_service_that_lists_no_groups_leaves_members_managed(
        enrolled, provider, host, alice):
    run("groupadd", "--force", "cloud", check=True)
    run("usermod", "-aG", "cloud", "alice", check=True)
    enrolled.configure(provider, login={"managed_group": "cloud"})
    provider.revoke("alice")
    services = Path("/etc/nsswitch.conf").read_text()
    host.files.write("/etc/nsswitch.conf", services + "initgroups: nowhere\n")
    assert "cloud" not in run("id", "-Gn", "alice").stdout
    assert enrolled.verdict("alice") == "reauthorize"


@pytest.mark.parametrize("owner", ["root", "daemon"])
def test_a_setuid_helper_is_refused(enrolled, host, owner):
    helper = Path("/usr/libexec/oauth-login-helper")
    shutil.chown(helper, owner)
    helper.chmod(0o4755)
    try:
        result = enrolled.run("verify", "alice")
    finally:
        shutil.chown(helper, "root")
        helper.chmod(0o755)
    assert result.status == 5
    assert "chmod 0755" in result.stderr


def test_a_missing_ca_file_causes_no_backoff(enrolled, provider, host):
    """After a refusal of the client, logins would not ask again for a minute."""
    host.files.write("/etc/oauth-login/ca.pem", Path(provider.ca_file).read_text())
    enrolled.configure(provider, ca_file="/etc/oauth-login/ca.pem")
    assert enrolled.verdict("alice") == "granted"
    Path("/etc/oauth-login/ca.pem").rename("/etc/oauth-login/ca.gone")
    assert enrolled.verdict("alice") == "misconfigured"
    Path("/etc/oauth-login/ca.gone").rename("/etc/oauth-login/ca.pem")
    assert enrolled.verdict("alice") == "granted"


def test_uninstall_refuses_while_a_stack_uses_the_module(enrolled):
    enrolled.use("sshd")
    result = run("make", "-C", str(CHECKOUT), "uninstall")
    assert not result.ok
    assert "/etc/pam.d/sshd" in result.stdout
    assert enrolled.run("verify", "root").ok


def test_a_wrong_drop_in_is_named(enrolled, host):
    host.configure("[login]\nreuse = 1\n", name="oauth-login.conf.d/50-mine.conf")
    assert "/oauth-login.conf.d/50-mine.conf:2: [login] reuse" in enrolled.run(
        "verify", "alice").stderr


@pytest.mark.parametrize("spoil, complaint", [
    (lambda path: path.chmod(0o666), "is writable by others"),
    (lambda path: os.chown(path, 2000, 0), "belongs to uid 2000, not to root"),
    (lambda path: path.chmod(0o600), "can't read"),
    (lambda path: path.unlink(), "there is no"),
])
def test_a_configuration_that_is_missing_unreadable_or_writable_by_others_is_refused(
        spoil, complaint, enrolled, host):
    path = host.configure(GOOD)
    spoil(path)
    result = enrolled.run("verify", "alice")
    assert result.status == 4
    assert complaint in result.stderr


def snapshot():
    """{path: content} of the store."""
    files = sorted(path for path in STORE.rglob("*") if path.is_file() and not path.is_symlink())
    return {path: path.read_bytes() for path in files}


# Each of these damages the store, and returns how to undo that, or None if no later test needs it.


def chown_store():
    os.chown(STORE, 2000, 2000)
    return lambda: shutil.chown(STORE, "oauth-login", "oauth-login")


def open_store():
    STORE.chmod(0o755)
    return lambda: STORE.chmod(0o700)


def lose_store():
    STORE.rename(STORE.with_name("elsewhere"))
    return lambda: STORE.with_name("elsewhere").rename(STORE)


def link_record():
    target = ENTRY / "elsewhere"
    (ENTRY / "record.0").rename(target)
    (ENTRY / "record.0").symlink_to(target)


def second_name():
    os.link(ENTRY / "record.0", STORE / "accounts" / ".copy")


def truncate():
    for slot in ("record.0", "record.1"):
        os.truncate(ENTRY / slot, 100)


def flip():
    for slot in ("record.0", "record.1"):
        data = bytearray((ENTRY / slot).read_bytes())
        data[200] ^= 1
        (ENTRY / slot).write_bytes(data)


def fifo():
    (ENTRY / "record.1").unlink()
    os.mkfifo(ENTRY / "record.1")
    shutil.chown(ENTRY / "record.1", "oauth-login", "oauth-login")


def lose_key():
    (STORE / "key").unlink()


def move_entry():
    (STORE / "accounts" / "bob").mkdir()
    shutil.rmtree(STORE / "accounts" / "bob")
    ENTRY.rename(STORE / "accounts" / "bob")


@pytest.mark.parametrize("spoil, user, complaint", [
    (chown_store, "alice", "belongs to uid 2000"),
    (open_store, "alice", "open to others"),
    (lose_store, "alice", "/var/lib/oauth-login is missing"),
    (link_record, "alice", "record.0 is not a regular file"),
    (second_name, "alice", "has a second name"),
    (truncate, "alice", "no record in"),
    (flip, "alice", "no record in"),
    (fifo, "alice", "record.1 is not a regular file"),
    (lose_key, "alice", "the master key"),
    (move_entry, "bob", "holds a grant of account alice"),
])
def test_a_damaged_store_is_a_fault_and_stays_unchanged(
        spoil, user, complaint, enrolled, provider, bob):
    undo = spoil()
    before, sent = snapshot(), len(provider.requests())
    try:
        for command in (("verify", user), ("import", user)):
            result = enrolled.run(*command, input=provider.issue_grant(user))
            assert result.status == 5, result
            assert complaint in result.stderr
        assert snapshot() == before
        assert len(provider.requests()) == sent
    finally:
        if undo:
            undo()


@pytest.mark.parametrize("words, said", [
    (["verfy", "alice"], "unknown command 'verfy'\n"),
    (["--json", "verify"], "unknown command '--json'; options follow the command"),
    (["import"], "too few arguments to import"),
    (["status", "alice", "bob"], "too many arguments to status"),
    (["verify", "--bogus", "alice"], "verify: unknown option --bogus"),
    (["verify", "-x", "alice"], "verify: unknown option -x"),
    (["list", "--unused"], "list: --unused needs a value"),
    (["list", "--unused", "90"], "takes a duration such as 90d"),
    (["enroll", "--json"], "enroll does not take the option --json"),
    (["verify", "alice", "--config", "x.conf"], "--config takes an absolute path"),
])
def test_a_mistake_on_the_command_line_is_named_in_a_short_message(words, said, oauth_login):
    result = oauth_login.run(*words)
    assert result.status == 2
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert said in result.stderr and said.strip() in lines[0]
    assert len(lines) <= 4 and "--help" in lines[-1]
