# SPDX-License-Identifier: BSD-2-Clause
"""The files of open sessions: each that is written can be read again, and nothing else is read."""

import os
import shutil
import subprocess
import sys

import pam_application
import pytest
from helper_process import HELPER
from pam_application import converse
from process import run
from open_sessions import SESSIONS, watch, write_session

COUNT = "run:ls -A /run/oauth-login/sessions | wc -l"
SHOW = "run:cat /run/oauth-login/sessions/*"


@pytest.fixture
def desk(host, corp):
    """Makes the service "desk" with these options for its session line; no session is open."""
    def make(options=""):
        SESSIONS.mkdir(parents=True, exist_ok=True)
        SESSIONS.chmod(0o700)
        for file in SESSIONS.iterdir():
            file.unlink()
        host.pam("desk", f"session required pam_oauth_login.so {options}\n")
        return corp
    return make


# Writing


@pytest.mark.parametrize("terminal", [
    " pts/1", "pts/1\nconfig /tmp/mine", "pts/\t1", "pts/1\x7f",
], ids=["blank", "another line", "tab", "delete"])
def test_a_wrong_terminal_name_is_not_recorded_and_the_session_opens(desk, terminal):
    desk("keyring=none")
    said = converse("desk", "alice", f"tty:{terminal}", "open_session", SHOW, "close_session")
    assert set(said.codes) == {"SUCCESS"}
    assert "\nterminal -\nconfig -\n" in said.said[0]


@pytest.mark.parametrize("service", [" desk", "de\nsk"])
def test_a_session_that_cannot_be_recorded_is_logged(desk, host, service):
    desk()
    host.pam(service, "session required pam_oauth_login.so keyring=none\n")
    mark = host.log.mark()
    said = converse(service, "alice", "open_session", COUNT, "close_session")
    assert set(said.codes) == {"SUCCESS"} and said.said == ("0\n",)
    host.log.wait_for("alice: this session will not be ended when .*Invalid", since=mark)


@pytest.mark.parametrize("length, kept", [(63, True), (64, False)])
def test_a_terminal_name_that_is_too_long_is_not_recorded(desk, length, kept):
    desk("keyring=none")
    name = "pts/" + "1" * (length - 4)
    said = converse("desk", "alice", f"tty:{name}", "open_session", SHOW, "close_session")
    assert f"\nterminal {name if kept else '-'}\n" in said.said[0]


def test_a_session_whose_configuration_name_is_too_long_is_not_recorded(desk, host):
    """A truncated name could be that of another configuration, which must not decide."""
    desk("keyring=none config=/etc/oauth-login/" + "x" * 240)
    mark = host.log.mark()
    said = converse("desk", "alice", "open_session", COUNT, "close_session")
    assert set(said.codes) == {"SUCCESS"} and said.said == ("0\n",)
    host.log.wait_for("this session will not be ended when .*too long", since=mark)


def test_an_ignored_user_has_no_session_file(desk, oauth_login):
    oauth_login.configure(desk(), login={"ignore_users": "alice"})
    said = converse("desk", "alice", "open_session", COUNT, "close_session", COUNT)
    assert set(said.codes) == {"SUCCESS"} and said.said == ("0\n", "0\n")


@pytest.mark.parametrize("options", ["", "keyring=none"])
def test_a_session_not_opened_by_root_has_no_file_and_no_warning_about_it(
        options, desk, host, alice):
    desk(options)
    mark = host.log.mark()
    ids = f"ids:{alice.uid},{alice.uid}"
    said = converse("desk", "alice", ids, "open_session", "close_session", "ids:0,0", COUNT)
    assert set(said.codes) == {"SUCCESS"} and said.said == ("0\n",)
    run("logger", "all is said", check=True)
    host.log.wait_for("all is said", since=mark)
    told = host.log.matching("pam_oauth_login", since=mark)
    assert ["not opened by root" in line for line in told] == [True] * (options == "")


def test_nothing_is_logged_when_a_session_is_not_closed_by_root(desk, host, alice, oauth_login):
    """For example systemd --user runs as the user when it closes the session."""
    oauth_login.configure(desk(), login={"revoke_on_logout": "yes"})
    mark = host.log.mark()
    ids = f"ids:{alice.uid},{alice.uid}"
    said = converse("desk", "alice", "open_session", ids, "close_session")
    assert set(said.codes) == {"SUCCESS"}
    run("logger", "all is said", check=True)
    host.log.wait_for("all is said", since=mark)
    assert host.log.matching("pam_oauth_login", since=mark) == []


def test_a_session_that_is_refused_has_no_file(desk, host):
    desk("keyring_required")
    host.files.write(HELPER, "#!/bin/sh\nexit 1\n", mode=0o755)
    said = converse("desk", "alice", "open_session", COUNT)
    assert said.codes[0] == "SESSION_ERR" and said.said == ("0\n",)


def test_the_session_of_a_deleted_account_can_be_closed(desk):
    desk()
    key = "run:keyctl pipe $(keyctl search @s user oauth-login:corp)"
    said = converse("desk", "alice", "open_session", key, COUNT, "user:nosuchuser",
                    "close_session", key, COUNT)
    token, *rest = said.said
    assert token != "" and rest == ["1\n", "", "0\n"]


def test_no_phase_leaves_a_variable_in_the_pam_environment(desk, host):
    """sshd hides SSH_AUTH_INFO_* from the shell, but an application that imitates it may not."""
    desk()
    host.pam("desk", "account required pam_oauth_login.so\n" + host.pam_text("desk"))
    note = "env:SSH_AUTH_INFO_OAUTH_LOGIN_RING"
    said = converse("desk", "alice", "acct_mgmt", note, "open_session", note, "close_session",
                    environment=["SSH_AUTH_INFO_0=publickey ssh-ed25519"])
    assert set(said.codes) == {"SUCCESS"}
    assert said.said[0].isdigit() and said.said[1] == ""
    bare = converse("desk", "alice", "acct_mgmt", note)
    assert bare.said == ("",), "elsewhere the shell would get the variable"


@pytest.mark.parametrize("login", [{}, {"ignore_users": "bob"}], ids=["no grant", "left alone"])
def test_closing_the_session_of_an_account_without_a_token_logs_nothing(
        desk, host, oauth_login, bob, login):
    oauth_login.configure(desk("keyring=none"), login={"revoke_on_logout": "yes", **login})
    mark = host.log.mark()
    said = converse("desk", "bob", "open_session", COUNT, "close_session")
    assert set(said.codes) == {"SUCCESS"} and said.said == ("1\n",)
    run("logger", "all is said", check=True)
    host.log.wait_for("all is said", since=mark)
    assert host.log.matching("pam_oauth_login", since=mark) == []


def test_a_pam_handle_may_open_a_second_session(desk):
    desk()
    steps = ("open_session", COUNT, "close_session", COUNT)
    said = converse("desk", "alice", *steps, *steps)
    assert set(said.codes) == {"SUCCESS"} and said.said == ("1\n", "0\n") * 2


def test_two_threads_never_write_the_same_session_file(desk):
    """A file that another thread is writing keeps its name."""
    desk("keyring=none")
    begun = (f"run:cd {SESSIONS} && started=$(cut -d' ' -f22 /proc/$PPID/stat) && "
             "echo half >.$PPID.$started.1.add")
    seen = f"run:cd {SESSIONS} && cat .*.add; ls"
    said = converse("desk", "alice", begun, "open_session", seen, "close_session")
    half, name = said.said[1].split()
    assert half == "half" and name.endswith(".2")


THREADS = """
import ctypes, os, sys, threading
sys.path.insert(0, sys.argv[1])
from pam_application import _Conversation, _Talk
pam, talk = ctypes.CDLL("libpam.so.0"), _Talk(_Conversation(lambda *_: 0), None)
ready = threading.Barrier(16)
def be_session():
    handle = ctypes.c_void_p()
    assert pam.pam_start(b"desk", b"alice", ctypes.byref(talk), ctypes.byref(handle)) == 0
    ready.wait()
    assert pam.pam_open_session(handle, 0) == 0
threads = [threading.Thread(target=be_session) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(*sorted(os.listdir("/run/oauth-login/sessions")))
"""


def test_threads_may_open_sessions_at_once(desk):
    desk("keyring=none")
    for _ in range(5):
        result = run(sys.executable, "-c", THREADS, os.path.dirname(pam_application.__file__))
        names = result.stdout.split()
        assert len([name for name in names if name[0] != "."]) == 16, result
        assert len(names) == 16, "no other file is left"
        for name in names:
            (SESSIONS / name).unlink()


# Reading


def asks_nothing(corp, oauth_login):
    """Checks that the watch asks the provider nothing."""
    asked = len(corp.requests("/token"))
    watch(oauth_login)
    assert len(corp.requests("/token")) == asked


@pytest.mark.parametrize("change", [
    lambda text: text + "x", lambda text: text[:-2], lambda text: "", lambda text: "\n" + text,
    lambda text: text.replace("service test\n", ""), lambda text: text + "x" * 2048,
], ids=["longer", "shorter", "empty", "an empty line first", "a line missing", "far longer"])
def test_a_session_file_is_used_only_if_it_is_complete(desk, oauth_login, leader, change):
    corp = desk()
    file = write_session("alice", leader.pid)
    text = file.read_text()
    file.write_text(change(text))
    asks_nothing(corp, oauth_login)
    file.write_text(text)
    asked = len(corp.requests("/token"))
    watch(oauth_login)
    assert len(corp.requests("/token")) == asked + 1, "the unchanged file is used"


def test_a_session_file_that_is_still_being_written_is_ignored(desk, oauth_login, leader):
    corp = desk()
    file = write_session("alice", leader.pid)
    file.rename(file.with_name(f".{file.name}.new"))
    asks_nothing(corp, oauth_login)


def test_a_symbolic_link_in_place_of_the_directory_is_not_followed(desk, oauth_login, leader):
    corp = desk()
    write_session("alice", leader.pid)
    elsewhere = SESSIONS.rename("/run/elsewhere")
    SESSIONS.symlink_to(elsewhere)
    try:
        asked = len(corp.requests("/token"))
        assert oauth_login.run("watch").status == 5
        assert len(corp.requests("/token")) == asked
    finally:
        SESSIONS.unlink()
        shutil.rmtree(elsewhere)


def test_a_directory_that_belongs_to_another_user_is_not_trusted(desk, oauth_login, leader, alice):
    corp = desk()
    write_session("alice", leader.pid)
    os.chown(SESSIONS, alice.uid, -1)
    try:
        asked = len(corp.requests("/token"))
        assert oauth_login.run("watch").status == 5
        assert len(corp.requests("/token")) == asked
    finally:
        shutil.rmtree(SESSIONS)


# Keyrings and leaders


def test_a_recorded_keyring_that_is_an_ordinary_key_is_left_alone(desk, oauth_login, leader):
    """The serial number may have been reused for another key, even one with this name."""
    desk()
    holder = subprocess.Popen(
        ["keyctl", "session", "-", "sh", "-c", "key=$(keyctl add user oauth-login jewel @s); "
         "keyctl setperm $key 0x3f3f0000 && echo $key && read end; keyctl pipe $key"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    file = write_session("alice", leader.pid, ring=holder.stdout.readline().strip())
    leader.kill()
    leader.wait()
    watch(oauth_login)
    assert not file.exists() and holder.communicate("end\n", timeout=10)[0] == "jewel"


def test_a_leader_cannot_look_dead_by_its_program_name(desk, oauth_login, tmp_path):
    """/proc/PID/stat has the name in parentheses, then the state; this name contains ") Z"."""
    desk()
    program = shutil.copy("/bin/sleep", tmp_path / "a) Z (b")
    with subprocess.Popen([program, "60"]) as leader:
        file = write_session("alice", leader.pid)
        watch(oauth_login)
        leader.kill()
        assert file.exists()
