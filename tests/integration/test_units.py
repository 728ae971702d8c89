# SPDX-License-Identifier: BSD-2-Clause
"""The units: how they confine the resident helper, and its work under systemd."""

import re
import shutil

import pytest
from helper_process import HELPER, HelperProcess
from installation import CHECKOUT, SYSTEMD_UNITS as UNITS
from process import run
from resident import SOCKET, VERIFY, ask, children_of, connect, read_frames, reply_of, request
from service_manager import systemd  # noqa: F401

SERVICE = "oauth-login-helper.service"


def test_the_helper_service_is_confined(installation):
    result = run("systemd-analyze", "security", "--offline=true", str(UNITS / SERVICE))
    (score,) = re.findall(r"Overall exposure level for .*: ([\d.]+)", result.stdout)
    assert float(score) <= 1.5


def test_systemd_finds_no_mistake_in_the_units(installation):
    result = run("systemd-analyze", "verify", "--man=no", *map(str, sorted(UNITS.iterdir())))
    assert (result.status, result.stderr) == (0, "")


def test_tmpfiles_makes_a_run_directory_that_is_trusted(installation):
    shutil.rmtree(SOCKET.parent, ignore_errors=True)
    assert run("systemd-tmpfiles", "--create", "--prefix", str(SOCKET.parent)).ok
    status = SOCKET.parent.stat()
    assert (status.st_uid, status.st_gid, oct(status.st_mode & 0o7777)) == (0, 0, "0o755")


def test_the_units_are_installed_for_the_configured_paths(tmp_path, installation):
    prefixes = ("PREFIX=/opt/o", "LOCALSTATEDIR=/opt/v", "RUNSTATEDIR=/opt/r",
                f"BUILD={tmp_path}/build", f"DESTDIR={tmp_path}/root")
    directory = tmp_path / "root/opt/o/lib/systemd/system"
    assert run("make", "-s", "-C", str(CHECKOUT), "install", *prefixes, timeout=120).ok
    service = (directory / SERVICE).read_text()
    assert "ExecStart=/opt/o/libexec/oauth-login-helper --serve" in service
    assert "ReadWritePaths=-/opt/v/lib/oauth-login\n" in service
    assert "ListenStream=/opt/r/oauth-login/helper.sock" in (
        directory / "oauth-login-helper.socket").read_text()
    assert run("make", "-s", "-C", str(CHECKOUT), "uninstall", *prefixes).ok
    assert list(directory.iterdir()) == []


def test_the_helper_serves_users_and_logins_under_systemd(
        host, corp, systemd, pam_host, alice, bob):
    assert not systemd.is_active(SERVICE), "nothing has connected yet"
    assert (SOCKET.stat().st_uid, oct(SOCKET.stat().st_mode & 0o7777)) == (0, "0o666")
    spent = corp.refresh_token("alice")
    assert reply_of(ask(VERIFY, "alice", alice))[0] == "granted"
    assert corp.refresh_token("alice") != spent
    host.files.write(HELPER, "#!/bin/sh\nexit 1\n", mode=0o755)
    pam_host.serve()
    phases = "auth,account,setcred,open,close"
    assert pam_host.run("alice", phases=phases).codes == ("SUCCESS",) * 5
    assert reply_of(ask(VERIFY, "alice", bob))[0] == "not-permitted"
    assert reply_of(ask(VERIFY, "bob", bob))[0] == "not-enrolled"
    helper = HelperProcess(systemd.main_pid())
    assert helper.status("Seccomp") == ["2"]
    assert int(helper.status("CapBnd")[0], 16) == 0


def test_doctor_finds_no_excess_rights_of_the_helper_service(systemd, corp, oauth_login):
    found = oauth_login.run_json("doctor")["findings"]
    assert HelperProcess(systemd.main_pid()).status("Groups"), "systemd leaves the user's own group"
    rights = [one["what"] for one in found if re.match("helper: (runs as|it) ", one["what"])]
    assert rights == ["helper: runs as oauth-login, with no other right"]


def test_an_answer_is_shared_under_systemd_too(corp, systemd, oauth_login, alice):
    """To share an answer, the helper must be able to read the boot id."""
    oauth_login.configure(corp, login={"reuse_within": "1h"})
    asked = len(corp.requests("/token"))
    for _ in range(3):
        assert reply_of(ask(VERIFY, "alice", alice))[0] == "granted"
    assert len(corp.requests("/token")) <= asked + 1


@pytest.mark.parametrize("words", [("restart",), ("stop",), ("kill", "-s", "KILL")], ids=" ".join)
def test_stopping_the_service_during_a_renewal_costs_no_grant(corp, systemd, alice, held, words):
    """`systemctl kill` ends children too; the next login starts the service again."""
    corp.rotate = False
    asked = len(corp.requests("/token"))
    with connect(alice) as peer:
        peer.sendall(request(VERIFY, "alice"))
        corp.wait_for_requests("/token", asked + 1)
        first = systemd.main_pid()
        assert len(children_of(first)) == 1
        systemd.control(*words, SERVICE)
        held.set()
        frames = read_frames(peer)
        if words[0] != "kill":
            assert reply_of(frames)[0] == "granted", "the renewal was finished"
    assert reply_of(ask(VERIFY, "alice", alice))[0] == "granted"
    assert systemd.main_pid() != first
