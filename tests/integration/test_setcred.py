# SPDX-License-Identifier: BSD-2-Clause
"""setcred that refreshes credentials, as after unlocking a screen, and sessions within sessions."""

import contextlib
import json
import os
import shlex
import shutil
import signal
import sys

import pytest

import pam_application
from helper_process import HELPER, wait_until
from pam_application import converse
from process import run
from scripted_server import Answer
from shell import stay
from open_sessions import READ_KEY, fields, files, opened, watch

REINITIALIZE, REFRESH, SILENT = 8, 16, 0x8000
# The key of this session: for root, keyctl's %user: finds the keys of all other sessions too.
KEY = "run:keyctl pipe $(keyctl search @s user oauth-login:corp) 2>/dev/null"
RENEW = "run:oauth-login verify alice"
STACK = """
auth     required pam_oauth_login.so {auth}
account  required pam_permit.so
session  required pam_oauth_login.so {session}
"""


@pytest.fixture
def desk(host, corp):
    """Makes the service "desk" with these options; returns the provider."""
    def make(auth="", session=""):
        host.pam("desk", STACK.format(auth=auth, session=session))
        return corp
    return make


def inside(*what):
    """A step that runs the same program again, as a child in the same session."""
    return "run:" + shlex.join([sys.executable, pam_application.__file__,
                                json.dumps([what[0], what[1], what[2:], [], None])])


def key_before_and_after(flags=REINITIALIZE, between=()):
    """(the session's key, the key after the account's token was renewed and setcred called)."""
    said = converse("desk", "alice", "open_session", KEY, RENEW, *between, f"setcred={flags}",
                    KEY, "close_session")
    assert set(said.codes) == {"SUCCESS"}
    return said.said[0], said.said[-1]


@pytest.mark.parametrize("flags", [REINITIALIZE, REFRESH, REINITIALIZE | REFRESH | SILENT])
def test_setcred_plants_the_current_token_of_the_account(desk, flags):
    corp = desk()
    old, new = key_before_and_after(flags)
    assert new not in ("", old) and corp.userinfo(new)["sub"] == corp.subject("alice")


def test_setcred_establish_plants_nothing(desk):
    desk()
    old, new = key_before_and_after(flags=2)
    assert new == old != ""


@pytest.mark.parametrize("real, effective", [(True, False), (True, True)])
def test_setcred_is_skipped_unless_the_process_is_really_roots(desk, alice, real, effective):
    """A process with only the effective uid 0 is su or sudo in the session of its caller."""
    desk()
    ids = f"ids:{alice.uid if real else 0},{alice.uid if effective else 0}"
    said = converse("desk", "alice", "open_session", KEY, RENEW, ids, f"setcred={REINITIALIZE}",
                    "ids:0,0", KEY, "close_session")
    assert set(said.codes) == {"SUCCESS"} and said.said[0] == said.said[-1] != ""


def test_setcred_logs_that_the_sessions_cannot_be_read(desk, host):
    desk()
    mark = host.log.mark()
    said = converse("desk", "alice", "open_session", "run:chmod 755 /run/oauth-login/sessions",
                    f"setcred={REINITIALIZE}", "run:chmod 700 /run/oauth-login/sessions",
                    "close_session")
    assert set(said.codes) == {"SUCCESS"}
    host.log.wait_for(r"desk:setcred\): alice: .*not permitted", since=mark)


def test_setcred_delete_removes_the_token(desk):
    desk()
    said = converse("desk", "alice", "open_session", KEY, "setcred=4", KEY, "close_session")
    assert set(said.codes) == {"SUCCESS"} and said.said[0] != "" == said.said[1]


def test_setcred_plants_nothing_in_the_session_of_another_account(desk, oauth_login, bob):
    oauth_login.enroll(desk(), "bob")
    said = converse("desk", "alice", "open_session", KEY, "user:bob", f"setcred={REINITIALIZE}",
                    KEY, "run:keyctl rlist %keyring:oauth-login", "user:alice", "close_session")
    assert set(said.codes) == {"SUCCESS"} and said.said[0] == said.said[1] != ""
    assert len(said.said[2].split()) == 1


def unlock(account):
    """Runs setcred as a program of root does that authenticates for a session but has none, such as
    GDM's."""
    said = converse("desk", account, f"setcred={REINITIALIZE}", wrapper=("keyctl", "session", "-"))
    assert said.codes == ("SUCCESS",)


def test_setcred_plants_the_token_in_every_open_session_of_the_account(
        desk, oauth_login, sshd, bob):
    corp = desk()
    oauth_login.use("sshd")
    oauth_login.enroll(corp, "bob")
    with contextlib.ExitStack() as stack:
        sessions = opened(stack, sshd, 2)
        (other,) = opened(stack, sshd, user="bob")
        tokens = [session.told(READ_KEY) for session in (*sessions, other)]
        for account in ("alice", "bob"):
            assert oauth_login.verdict(account) == "granted"
        unlock("alice")
        (new,) = {session.told(READ_KEY) for session in sessions}
        assert new not in tokens and corp.userinfo(new)["sub"] == corp.subject("alice")
        assert other.told(READ_KEY) == tokens[2]


def test_setcred_leaves_sessions_of_another_configuration_alone(host, desk, oauth_login, sshd):
    desk(auth="config=/etc/oauth-login/other.conf")
    host.files.write("/etc/oauth-login/other.conf",
                     open("/etc/oauth-login/oauth-login.conf", encoding="utf-8").read())
    oauth_login.use("sshd")
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        old = session.told(READ_KEY)
        assert oauth_login.verdict("alice") == "granted"
        unlock("alice")
        assert session.told(READ_KEY) == old
        desk()
        unlock("alice")
        assert session.told(READ_KEY) != old


def test_setcred_plants_nothing_in_a_keyring_that_the_user_has_made(desk, alice):
    """The key would stay there for as long as the user likes."""
    desk()
    ring = "$(keyctl search @s keyring oauth-login)"
    own = f"keyctl unlink {ring} @s; keyctl newring oauth-login @s"
    said = converse("desk", "alice", "open_session",
                    f"run:setpriv --reuid {alice.uid} --regid {alice.uid} --clear-groups "
                    + shlex.join(["sh", "-c", own]),
                    RENEW, f"setcred={REINITIALIZE}", f"run:keyctl list {ring}", "close_session")
    assert set(said.codes) == {"SUCCESS"}
    assert said.said[0].strip().isdigit() and "keyring is empty" in said.said[2]


def test_no_key_is_planted_in_the_user_session_keyring(desk, alice):
    """The kernel falls back to it for a root program of a user without a session keyring."""
    desk()
    said = converse("desk", "alice", f"ids:{alice.uid},0", "open_session",
                    "run:keyctl rdescribe @s", "ids:0,0", "close_session")
    assert set(said.codes) == {"SUCCESS"}
    assert said.said[0].startswith("keyring;") and "_uid_ses" not in said.said[0]


def test_setcred_asks_no_helper_without_a_session(host, desk):
    desk()
    host.files.write(HELPER, "#!/bin/sh\ntouch /tmp/asked\n", mode=0o755)
    said = converse("desk", "alice", f"setcred={REINITIALIZE}",
                    "run:keyctl show @s; ls /tmp/asked 2>/dev/null",
                    wrapper=("keyctl", "session", "-"))
    assert said.codes[0] == "SUCCESS"
    assert "oauth-login" not in said.said[0] and "/tmp/asked" not in said.said[0]


def test_setcred_plants_nothing_with_keyring_none(desk):
    desk(auth="keyring=none")
    old, new = key_before_and_after()
    assert new == old != ""


def test_a_failing_helper_leaves_the_present_token_in_place(host, desk):
    desk()
    with open(HELPER, "rb") as helper:
        host.files.write(HELPER, helper.read(), mode=0o755)  # so that it is restored
    broken = f"printf '#!/bin/sh\\nexit 1\\n' >{HELPER}.new && chmod 755 {HELPER}.new"
    # By rename, because a helper may still run.
    old, new = key_before_and_after(between=[f"run:{broken} && mv {HELPER}.new {HELPER}"])
    assert new == old != ""


# Sessions within sessions, as with su -m or sudo where the account line is not the module's


@pytest.mark.parametrize("end", ["close_session", "run:kill -9 $PPID"])
def test_a_nested_session_takes_nothing_from_the_session_around_it(desk, end):
    desk()
    said = converse("desk", "alice", "open_session", inside("desk", "alice", "open_session", end),
                    "run:oauth-login watch", KEY, "close_session", KEY)
    assert set(said.codes) == {"SUCCESS"}
    assert said.said[2] != "" and said.said[3] == ""
    assert not files()


# Files of the sessions


COUNT = "run:ls /run/oauth-login/sessions | wc -l"
TWO = """
import ctypes, os, sys
sys.path.insert(0, sys.argv[1])
from pam_application import _Conversation, _Talk
pam, talk, handles = ctypes.CDLL("libpam.so.0"), _Talk(_Conversation(lambda *_: 0), None), []
for user in (b"alice", b"bob"):
    handles.append(ctypes.c_void_p())
    assert pam.pam_start(b"desk", user, ctypes.byref(talk), ctypes.byref(handles[-1])) == 0
    assert pam.pam_open_session(handles[-1], 0) == 0
    print(len(os.listdir("/run/oauth-login/sessions")))
for handle in handles:
    assert pam.pam_close_session(handle, 0) == 0
    print(len(os.listdir("/run/oauth-login/sessions")))
"""


@pytest.mark.parametrize("options", ["", "keyring=none"])
def test_a_program_may_have_several_sessions_open(desk, oauth_login, bob, options):
    oauth_login.enroll(desk(session=options), "bob")
    directory = os.path.dirname(pam_application.__file__)
    result = run(sys.executable, "-c", TWO, directory)
    assert result.stdout.split() == ["1", "2", "1", "0"], result


def test_a_session_that_is_opened_twice_has_one_file(desk):
    desk()
    said = converse("desk", "alice", "open_session", "open_session", COUNT, "close_session", COUNT)
    assert said.said == ("1\n", "0\n")


def test_the_session_directories_do_not_depend_on_the_umask(desk):
    desk()
    shutil.rmtree("/run/oauth-login", ignore_errors=True)
    converse("desk", "alice", "open_session", "close_session",
             wrapper=("sh", "-c", 'umask 0777; exec "$@"', "sh"))
    modes = [oct(os.stat(path).st_mode & 0o7777)
             for path in ("/run/oauth-login", "/run/oauth-login/sessions")]
    assert modes == ["0o755", "0o700"]


def test_a_session_directory_that_others_may_read_is_not_trusted(desk, host, oauth_login):
    desk()
    os.makedirs("/run/oauth-login/sessions", exist_ok=True)
    os.chmod("/run/oauth-login/sessions", 0o755)
    mark = host.log.mark()
    said = converse("desk", "alice", "open_session", KEY, "close_session")
    assert set(said.codes) == {"SUCCESS"} and said.said[0] != ""
    host.log.wait_for(r"desk:session\): alice: .*not", since=mark)
    assert oauth_login.run("watch").status == 5
    os.chmod("/run/oauth-login/sessions", 0o700)


# sudo in a session


@pytest.fixture
def sudo_with_sessions(host, corp, oauth_login, bob):
    """Puts the module into each phase of sudo, unlike any example."""
    for file in files() + files("bob"):
        file.unlink()
    oauth_login.use("sshd")
    oauth_login.enroll(corp, "bob")
    host.pam("sudo", """
auth     optional pam_oauth_login.so
@include common-auth
account  required pam_oauth_login.so
@include common-account
session  required pam_oauth_login.so
session  required pam_permit.so
""")
    host.sudoers("alice ALL = (ALL) NOPASSWD: ALL")
    return corp


def test_sudo_to_another_account_brings_its_token_and_leaves_the_session_alone(
        sudo_with_sessions, sshd):
    corp = sudo_with_sessions
    with stay(sshd) as session:
        token = session.told(READ_KEY)
        inside = session.told(f"sudo -u bob {READ_KEY}")
        assert corp.userinfo(inside)["sub"] == corp.subject("bob")
        assert session.told(READ_KEY) == token
        assert len(files()) == 1 and not files("bob")


def test_sudo_to_the_same_account_leaves_the_session_alone(sudo_with_sessions, sshd):
    with stay(sshd) as session:
        token = session.told(READ_KEY)
        (file,) = files()
        assert session.told(f"sudo -u alice {READ_KEY}") != token, "sudo's own token"
        assert session.told(READ_KEY) == token
        assert files() == [file]


def test_a_killed_sudo_takes_no_token_from_the_session_around_it(
        sudo_with_sessions, sshd, oauth_login):
    with stay(sshd) as session:
        session.told(READ_KEY)
        session.send_line("sudo -u alice sleep 10 </dev/null >/dev/null 2>&1 &")
        wait_until(lambda: len(files()) == 2, "sudo's session is open")
        (inner,) = [fields(file) for file in files() if fields(file)["service"] == "sudo"]
        os.kill(int(inner["leader"]), signal.SIGKILL)
        wait_until(lambda: watch(oauth_login) or len(files()) == 1, "the watch removes its file")
        assert session.told(READ_KEY)


def test_closing_a_nested_session_does_not_revoke_another_accounts_token(
        host, corp, oauth_login, bob):
    """With keyring=none in bob's service, the process stays in the keyring of alice's session."""
    oauth_login.enroll(corp, "bob")
    corp.answer = lambda request: Answer(200) if request.path == "/revoke" else None
    oauth_login.configure(corp, login={"revoke_on_logout": "yes"},
                          revocation_endpoint=f"{corp.issuer}/revoke")
    host.pam("desk", STACK.format(auth="", session=""))
    host.pam("chair", STACK.format(auth="", session="keyring=none"))
    said = converse("desk", "alice", "open_session", KEY,
                    inside("chair", "bob", "open_session", "close_session"), "close_session")
    token = said.said[0]
    assert "SUCCESS" in said.said[1]
    sent = [request.form["token"] for request in corp.requests("/revoke")]
    assert sent.count(token) == 1 and sent[0] != token, "the close of her session comes last"
