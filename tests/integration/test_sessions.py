# SPDX-License-Identifier: BSD-2-Clause
"""An open session: its file from opening to end, and its token, which no other account reads."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

import pytest
from helper_process import wait_until
from many_sessions import ManySessions
from open_sessions import READ_KEY, SESSIONS, fields, files, opened, watch, write_session
from process import run
from scripted_provider import answering
from session_keys import a_token, quota_used

HOUR = 3600


def test_a_session_has_a_file_from_its_opening_to_its_end(watched, sshd):
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        (file,) = files()
        assert SESSIONS.stat().st_mode & 0o777 == 0o700 and SESSIONS.stat().st_uid == 0
        assert file.stat().st_mode & 0o777 == 0o600
        assert fields(file)["service"] == "sshd"
        assert "sshd" in Path("/proc", fields(file)["leader"], "comm").read_text()
        session.send_line("exit")
        session.wait()
    wait_until(lambda: not files(), "the session's file is gone")


def test_the_token_of_a_session_that_was_never_closed_is_removed(watched, sshd, oauth_login):
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        (file,) = files()
        ring = fields(file)["ring"]
        assert run("keyctl", "describe", ring).ok
        os.kill(int(fields(file)["leader"]), signal.SIGKILL)
        assert session.tried(READ_KEY)[0] == 0, "the processes of the session outlive its leader"
        watch(oauth_login)
        assert not files()
        assert session.tried(READ_KEY)[0] != 0


def test_another_account_cannot_read_the_token_of_a_session(watched, sshd, oauth_login, bob):
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        ring = fields(files()[0])["ring"]
        key = session.told("keyctl search %keyring:oauth-login user oauth-login:corp")
        for serial in (ring, key):
            assert not run("setpriv", "--reuid", str(bob.uid), "--regid", str(bob.uid),
                           "--clear-groups", "keyctl", "pipe", serial).ok
        assert not run("setpriv", "--reuid", str(bob.uid), "--regid", str(bob.uid),
                       "--clear-groups", "cat", str(files()[0])).ok


@pytest.mark.parametrize("service, options", [("sudo", ""), ("sudo-i", "-i")])
def test_a_command_run_as_another_account_by_sudo_cannot_read_the_token(
        service, options, watched, sshd, oauth_login, host, bob):
    oauth_login.use(service)
    host.sudoers("alice ALL = (ALL) NOPASSWD: ALL")
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        as_bob = f"sudo -n {options} -u bob"
        assert session.told(f"{as_bob} id -un") == "bob"
        assert "oauth-login" not in session.told(f"{as_bob} keyctl show")
        assert session.tried(f"{as_bob} {READ_KEY}")[0] != 0
        assert session.tried(READ_KEY)[0] == 0, "the caller still has it"


def test_a_leader_that_is_a_zombie_counts_as_dead(watched, oauth_login):
    """The leader's parent does not wait for it, so its pid stays in use."""
    with subprocess.Popen(["sleep", "60"]) as leader:
        file = write_session("alice", leader.pid)
        leader.kill()
        os.waitid(os.P_PID, leader.pid, os.WEXITED | os.WNOWAIT)
        watch(oauth_login)
        assert not file.exists()


def test_a_recorded_keyring_with_another_name_is_left_alone(watched, oauth_login):
    """The keyring's serial number may have been reused for another keyring."""
    holder = subprocess.Popen(
        ["keyctl", "session", "-", "sh", "-c",
         "ring=$(keyctl newring precious @s) && keyctl add user jewel x $ring >&2 && "
         "keyctl setperm $ring 0x3f3f0000 && echo $ring && read end; keyctl list $ring"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    ring = holder.stdout.readline().strip()
    with subprocess.Popen(["sleep", "60"]) as leader:
        file = write_session("alice", leader.pid, ring=ring)
        watch(oauth_login)
        leader.terminate()
    watch(oauth_login)
    assert not file.exists()
    listed, _ = holder.communicate("end\n", timeout=10)
    assert "jewel" in listed and "oauth-login" not in listed


def test_eight_hundred_sessions_with_large_tokens_fit_into_the_quota(
        watched, host, oauth_login, alice, resident):
    """Measures what a hundred use of root's quota; `make bench` opens all eight hundred."""
    token = a_token(4096)
    watched.expires_in = 3600
    answering(watched, access_token=token)
    assert oauth_login.run("verify", "alice").ok
    host.pam("door", "session required pam_oauth_login.so keyring_required\n")
    before = quota_used(0)
    with ManySessions("door", ["alice"], 100) as sessions:
        assert {code for code, _ in sessions.opened} == {0}
        rings = {fields(file)["ring"] for file in files()}
        assert len(rings) == 100
        used = quota_used(0) - before
        assert 100 * 4096 < used < int(sysctl("root_maxbytes")) / 8
        assert 8 * 3 * 100 < int(sysctl("root_maxkeys"))
        for ring in rings:
            (key,) = run("keyctl", "rlist", ring).stdout.split()
            assert run("keyctl", "pipe", key).stdout == token
    assert {code for code, _ in sessions.closed} == {0} and not files()


def sysctl(key):
    return Path("/proc/sys/kernel/keys", key).read_text()
