# SPDX-License-Identifier: BSD-2-Clause
"""The access token in a session: its key, its keyring, who can read it, and how it is removed."""

import ctypes
import secrets
import shlex
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from impostor import impostor
from open_sessions import READ_KEY
from pam_application import converse
from process import run
from scripted_provider import answering
from session_keys import a_token, quota_used
from shell import stay

KEY, RING = "%user:oauth-login:corp", "%keyring:oauth-login"
STACK = """
@include common-auth
account  required pam_oauth_login.so
@include common-account
{keyinit}
session  required pam_oauth_login.so
session  required pam_unix.so
"""
CLOSED = r"pam_unix\(sshd:session\): session closed for user alice"
KEYINIT = "session optional pam_keyinit.so force revoke"


@pytest.fixture
def stack(host):
    """Makes sshd give sessions their own keyring by pam_keyinit, or not."""
    return lambda keyinit=KEYINIT: host.pam("sshd", STACK.format(keyinit=keyinit))


with_and_without_keyinit = pytest.mark.parametrize(
    "keyinit", (KEYINIT, ""), ids=("keyinit", "no keyinit"))


# The key


def test_the_key_holds_the_token_and_belongs_to_root(corp, sshd, stack):
    stack()
    token = a_token(200)
    answering(corp, access_token=token)
    with stay(sshd) as session:
        assert session.told(READ_KEY) == token
        kind, owner, group, permissions, name = session.told(f"keyctl rdescribe {KEY}").split(";")
        assert (kind, owner, group, name) == ("user", "0", "0", "oauth-login:corp")
        ring = session.told(f"keyctl rdescribe {RING}")
        assert ring == f"keyring;0;0;{permissions};oauth-login"
        assert permissions == "0b3f0000", "possessor: view, read, search; root: all; others: none"
        assert session.told(f"keyctl rlist {RING}") == session.told(f"keyctl id {KEY}")
        assert session.told(f"keyctl id {RING}") in session.told("keyctl rlist @s").split()


@pytest.mark.parametrize("expires_in, left", (
    (50, {f"{seconds}s" for seconds in range(30, 51)}),
    (7000, {"1h"}),
    (None, {"59m", "1h"}),
    (0, {"59m", "1h"}),
    (-5, {"59m", "1h"}),
    (1e30, {"52w"}),
))
def test_the_key_expires_with_the_token(corp, sshd, stack, expires_in, left):
    """Without a usable expires_in it lives for an hour, and never for more than a year."""
    stack()
    answering(corp, expires_in=expires_in)
    line = sshd.ssh("alice", "grep oauth-login:corp: /proc/keys").stdout
    assert line.split()[3] in left, line


@pytest.mark.parametrize("size", (1024, 4096, 4097, 20_000, 32_767))
def test_a_long_token_is_stored_completely(corp, sshd, stack, size):
    stack()
    answering(corp, access_token=a_token(size))
    assert sshd.ssh("alice", READ_KEY).stdout == a_token(size)


@pytest.mark.parametrize("size", (32_768, 50_000))
def test_a_token_too_long_for_a_key_is_refused_and_costs_no_grant(host, corp, sshd, stack, size):
    stack()
    answering(corp, access_token=a_token(size))
    mark = host.log.mark()
    login = sshd.ssh("alice")
    assert login.status == 255 and "Your account is not at fault" in login.stderr, login
    host.log.wait_for("alice: unreachable .*reason=.*access_token is .*longer than 32767 bytes",
                      since=mark)
    assert sshd.ssh("alice", READ_KEY).ok, "the rotated refresh token was kept"


@pytest.mark.parametrize("size", (10_000, 20_000))
def test_the_key_is_charged_to_root_and_not_to_the_user(corp, sshd, stack, alice, size):
    """A user's whole quota is 20,000 bytes: the smaller token would fit into it."""
    stack()
    answering(corp, access_token=a_token(size))
    with stay(sshd) as session:
        assert len(session.told(READ_KEY)) == size
        assert quota_used(alice.uid) < 1000
        assert quota_used(0) > size


def test_a_user_whose_own_quota_is_full_still_gets_the_key(host, oauth_login, corp, sshd, stack):
    stack()
    host.add_user("hoarder")
    oauth_login.enroll(corp, "hoarder")
    try:
        hoarded = host.run_as("hoarder", "sh", "-c", """
            for size in 1900 1; do
                while n=$((n + 1)); keyctl add user $n $(printf %0${size}d 0) @u; do :; done
            done""")
        assert "Disk quota exceeded" in hoarded.stderr
        mark = host.log.mark()
        login = sshd.ssh("hoarder", READ_KEY)
        assert login.ok, (login, host.log.since(mark))
        assert corp.userinfo(login.stdout)["sub"] == corp.subject("hoarder")
    finally:
        host.run_as("hoarder", "keyctl", "clear", "@u")
        host.delete_user("hoarder")


# Access


def test_the_user_can_read_the_key_and_not_change_it(corp, sshd, stack):
    stack()
    with stay(sshd) as session:
        token = session.told(READ_KEY)
        session.told("keyctl newring own @s")
        for attempt in (f"update {KEY} forged", f"chown {KEY} 2000", f"setperm {KEY} 0x3f3f3f3f",
                        f"timeout {KEY} 0", f"revoke {KEY}", f"link {KEY} %keyring:own",
                        f"add user oauth-login:corp forged {RING}", f"clear {RING}",
                        f"unlink {KEY} {RING}", f"setperm {RING} 0x3f3f3f3f",
                        f"link {RING} %keyring:own", f"revoke {RING}",
                        f"restrict_keyring {RING}"):
            status, said = session.tried(f"keyctl {attempt}")
            assert status != 0 and "Permission denied" in said, f"{attempt}: {said}"
        assert session.told(READ_KEY) == token


def test_another_user_cannot_see_the_key(host, corp, sshd, stack, bob):
    stack()
    with stay(sshd) as session:
        key, ring = session.told(f"keyctl id {KEY}"), session.told(f"keyctl id {RING}")
        for attempt in (("pipe", key), ("rdescribe", key), ("link", key, "@s"), ("rlist", ring),
                        ("search", ring, "user", "oauth-login:corp")):
            seen = host.run_as("bob", "keyctl", *attempt)
            assert not seen.ok and "Permission denied" in seen.stderr, (attempt, seen)
        assert run("keyctl", "pipe", key).ok, "root can"


@pytest.mark.parametrize("method", ("publickey", "keyboard-interactive", "password"))
def test_the_environment_of_a_session_has_no_token_and_no_variable_of_the_module(
        corp, oauth_login, sshd, alice, method):
    oauth_login.use("sshd")
    answers = [] if method == "publickey" else [alice.password]
    login = sshd.ssh("alice", f"{READ_KEY}; echo; env", methods=method, answers=answers)
    token, *environment = login.stdout.splitlines()
    assert "USER=alice" in environment
    assert not [line for line in environment if "OAUTH_LOGIN" in line or token in line]


@pytest.mark.parametrize("method", ("publickey", "keyboard-interactive", "password"))
def test_the_account_line_alone_leaves_no_variable_in_the_environment(
        host, corp, sshd, alice, method):
    stack = STACK.format(keyinit=KEYINIT)
    host.pam("sshd", stack.replace("session  required pam_oauth_login.so\n", ""))
    answers = [] if method == "publickey" else [alice.password]
    login = sshd.ssh("alice", "env", methods=method, answers=answers)
    assert "USER=alice" in login.stdout
    assert "OAUTH_LOGIN" not in login.stdout


def test_the_environment_of_su_has_no_variable_of_the_module(host, corp, oauth_login):
    oauth_login.use("su")
    seen = host.run_as("root", "su", "alice", "-c", "env")
    assert "HOME=/home/alice" in seen.stdout
    assert "OAUTH_LOGIN" not in seen.stdout


# Its keyring


@with_and_without_keyinit
def test_two_sessions_of_an_account_have_separate_keys(host, corp, sshd, stack, keyinit):
    stack(keyinit)
    mark = host.log.mark()
    with ExitStack() as opened:
        first = opened.enter_context(stay(sshd))
        tokens = [first.told(READ_KEY)]
        second = opened.enter_context(stay(sshd))
        tokens.append(second.told(READ_KEY))
        sessions = first, second
        assert tokens[0] != tokens[1]
        for name in KEY, RING, "@s":
            assert len({session.told(f"keyctl id {name}") for session in sessions}) == 2
        first.send_line("exit")
        host.log.wait_for(CLOSED, since=mark)
        assert second.told(READ_KEY) == tokens[1]


@contextmanager
def sshd_in_keyring_of(host, uid):
    """An sshd whose session keyring belongs to a user, as after a restart in that user's session.

    Yields the sshd and a function `keyctl` that runs where that keyring is the session's. A thread
    has its own credentials, so only this thread and its children have the keyring.
    """
    keyutils = ctypes.CDLL("libkeyutils.so.1", use_errno=True)

    def enter():
        ring = keyutils.keyctl_join_session_keyring(None)
        assert ring > 0
        assert keyutils.keyctl_setperm(ring, 0x3f3f3f3f) == 0
        assert keyutils.keyctl_chown(ring, uid, -1) == 0
        return host.sshd()

    with ThreadPoolExecutor(1) as thread:
        with thread.submit(enter).result() as server:
            yield server, lambda *argv: thread.submit(run, "keyctl", *argv).result()


@pytest.mark.parametrize("method", ("publickey", "keyboard-interactive", "password"))
@pytest.mark.parametrize("owner", ("alice", "bob"))
def test_a_login_in_a_foreign_session_keyring_gets_a_keyring_of_its_own(
        host, corp, stack, alice, bob, owner, method):
    stack(keyinit="")
    uid = {"alice": alice.uid, "bob": bob.uid}[owner]
    with sshd_in_keyring_of(host, uid) as (server, keyctl):
        inherited = keyctl("id", "@s").stdout.strip()
        described = keyctl("rdescribe", "@s").stdout.split(";")
        assert described[1] == str(uid)
        opened = server.ssh("alice", f"keyctl id @s; keyctl rdescribe @s; {READ_KEY}",
                            methods=method, answers=[alice.password] * (method != "publickey"))
        own, description, token = opened.stdout.splitlines()
        assert own != inherited and description.split(";")[1] == str(alice.uid)
        assert corp.userinfo(token)["sub"] == corp.subject("alice")
        assert keyctl("rlist", "@s").stdout.split() == []


@pytest.mark.parametrize("owner", ("alice", "bob"))
def test_an_open_session_puts_no_key_into_an_inherited_keyring(
        host, corp, stack, alice, bob, owner):
    stack(keyinit="")
    uid = {"alice": alice.uid, "bob": bob.uid}[owner]
    with sshd_in_keyring_of(host, uid) as (server, keyctl), stay(server) as session:
        assert session.told(READ_KEY)
        assert keyctl("rlist", "@s").stdout.split() == []
        assert not keyctl("search", "@s", "user", "oauth-login:corp").ok


def test_the_session_line_alone_puts_no_key_into_a_foreign_keyring(host, corp, alice, bob):
    host.pam("sshd", "account required pam_permit.so\nsession required pam_oauth_login.so\n")
    with sshd_in_keyring_of(host, bob.uid) as (server, keyctl), stay(server) as session:
        assert session.told(READ_KEY)
        assert session.told("keyctl rdescribe @s").split(";")[1] == str(alice.uid)
        assert keyctl("rlist", "@s").stdout.split() == []


@pytest.mark.parametrize("target", ("bob", "alice"))
def test_sudo_plants_nothing_in_the_keyring_of_the_caller(
        host, oauth_login, corp, sshd, stack, bob, target):
    oauth_login.enroll(corp, "bob")
    stack()
    host.pam("sudo", host.pam_text("sudo") + "account required pam_oauth_login.so\n"
                                             "session required pam_oauth_login.so\n")
    host.sudoers("alice ALL = (ALL) NOPASSWD: ALL")
    with stay(sshd) as session:
        token, keys = session.told(READ_KEY), session.told("keyctl rlist @s")
        ring, key = session.told("keyctl id @s"), session.told(f"keyctl id {KEY}")
        inside = session.told(f"sudo -u {target} sh -c '{READ_KEY}; echo; keyctl id @s'")
        theirs, their_ring = inside.split()
        assert corp.userinfo(theirs)["sub"] == corp.subject(target)
        assert their_ring != ring
        assert session.told("keyctl rlist @s") == keys
        assert session.told(f"keyctl id {KEY}") == key
        assert session.told(READ_KEY) == token, "the end of sudo's session ends only its own key"


# Removal


@with_and_without_keyinit
def test_the_key_is_gone_after_the_session(host, corp, sshd, stack, keyinit):
    """A process that outlives the session keeps its keyring alive, but not the key."""
    stack(keyinit)
    mark = host.log.mark()
    with stay(sshd) as session:
        ring = session.told(f"keyctl id {RING}")
        session.told(f"(setsid sh -c 'while {READ_KEY}; do sleep 0.05; done 2>&1 >/dev/null | "
                     "logger -t left-behind' </dev/null >/dev/null 2>&1 &)")
        assert run("keyctl", "rlist", ring).ok
        assert not host.log.matching("left-behind", mark)
        session.send_line("exit")
        host.log.wait_for(CLOSED, since=mark)
    host.log.wait_for("left-behind: .*(revoked|not available|not found|Can't find)", since=mark)
    gone = run("keyctl", "rlist", ring)
    assert not gone.ok and ("revoked" in gone.stderr or "not available" in gone.stderr), gone


@pytest.mark.parametrize("seconds, planted", [(600, True), (0, False), (-600, False)])
def test_an_expired_token_is_not_planted(seconds, planted, host, corp):
    """A negative lifetime, which a helper might send, would become one of a hundred years."""
    def text(value):
        return len(value).to_bytes(4, "big") + value

    expires = int(time.time()) + seconds
    rest = (b"\1\4\1\0\0" + text(b"corp") + 2 * text(b"") + expires.to_bytes(8, "big") + text(b"") +
            text(b"a-token"))
    host.pam("desk", "session required pam_oauth_login.so\n")
    with impostor(text(rest)):
        said = converse("desk", "alice", "open_session",
                        "run:keyctl pipe $(keyctl search @s user oauth-login:corp)",
                        "close_session")
    assert said.said == ("a-token" if planted else "",)


def test_a_key_that_was_linked_elsewhere_ends_with_the_session(host, corp):
    host.pam("desk", "session required pam_oauth_login.so\n")
    linked = "$(keyctl search $(keyctl search @s keyring elsewhere) user oauth-login:corp)"
    said = converse(
        "desk", "alice", "open_session",
        "run:keyctl link $(keyctl search @s user oauth-login:corp) $(keyctl newring elsewhere @s)",
        f"run:keyctl pipe {linked}", "close_session", f"run:keyctl pipe {linked}")
    assert said.said[1] != "" == said.said[2]


def test_no_empty_keyring_is_left_if_planting_the_key_fails(host, corp):
    host.pam("desk", "session required pam_oauth_login.so\n")
    fails = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=add_key",
             "-e", "inject=add_key:error=EDQUOT:when=2")
    mark = host.log.mark()
    said = converse("desk", "alice", "open_session", "run:keyctl show @s", wrapper=fails)
    host.log.wait_for("alice: no session key: Disk quota exceeded .*root_maxbytes", since=mark)
    assert "keyring: _ses" in said.said[0] and "oauth-login" not in said.said[0]


# Prints whether any part of the token is in the memory of a process.
SEARCH = """
import re, sys
pid, token, found = sys.argv[1], open(sys.argv[2], "rb").read(), False
with open(f"/proc/{pid}/mem", "rb") as memory:
    for line in open(f"/proc/{pid}/maps"):
        place = re.match(r"(\\w+)-(\\w+) rw", line)
        if place and "[v" not in line:
            begin, end = int(place[1], 16), int(place[2], 16)
            memory.seek(begin)
            data = memory.read(end - begin)
            found |= any(token[at:at + 40] in data for at in range(0, len(token), 40))
print(found)
"""


def test_the_memory_of_the_application_keeps_nothing_of_the_token(
        host, corp, oauth_login, tmp_path):
    token = secrets.token_hex(1500)
    answering(corp, access_token=token)
    assert oauth_login.verdict("alice") == "granted"
    host.pam("desk", "session required pam_oauth_login.so\n")
    (tmp_path / "token").write_text(token)
    search = "run:" + shlex.join([sys.executable, "-c", SEARCH]) + f" $PPID {tmp_path}/token"
    key = "run:keyctl pipe $(keyctl search @s user oauth-login:corp)"
    said = converse("desk", "alice", "open_session", search, "setcred=8", search, "close_session",
                    search, "open_session", key, search, "close_session")
    *before, told, after = said.said
    assert (before, told, after) == (["False\n"] * 3, token, "True\n"), "it finds a token"
