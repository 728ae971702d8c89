# SPDX-License-Identifier: BSD-2-Clause
"""One login under valgrind: no invalid access, no leak."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from helper_process import HELPER
from installation import CHECKOUT
from process import as_user, run

VALGRIND = ("valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
            "--errors-for-leak-kinds=definite,indirect",
            "--show-leak-kinds=definite,indirect", "--trace-children=no",
            "--child-silent-after-fork=yes")


@pytest.fixture(scope="module")
def helper(installation):
    """A helper without the sandbox, in which valgrind cannot work."""
    build = "build/valgrind"
    run("make", "-C", str(CHECKOUT), f"BUILD={build}", "SANDBOX=none",
        f"{build}/oauth-login-helper", check=True, timeout=300)
    program = HELPER + "-without-sandbox"
    shutil.copy(CHECKOUT / build / "oauth-login-helper", program)
    yield program
    os.unlink(program)


def text(data):
    return len(data).to_bytes(4, "big") + data


def request(operation, user, given=b""):
    """A REQUEST frame as in common/protocol.h."""
    fields = bytes([1, 1, operation]) + text(user) + text(b"door") + b"\xff" * 12 + text(given)
    return text(fields)


def run_under_valgrind(program, frame):
    """Sends a helper under valgrind a request as root; returns the verdict of its reply.

    The helper's own descriptors 0 to 2 go to /dev/null, so valgrind writes to a file.
    """
    log = Path("/tmp/valgrind.log")
    log.touch()
    os.chmod(log, 0o666)
    ours, theirs = socket.socketpair()
    with ours, theirs, subprocess.Popen(
            [*VALGRIND, f"--log-file={log}", program], stdin=theirs,
            **as_user("oauth-login")) as running:
        theirs.close()
        ours.settimeout(60)
        ours.sendall(frame)
        frames = b"".join(iter(lambda: ours.recv(65536), b""))
        status = running.wait(60)
    complaints = log.read_text()
    log.unlink()
    assert status == 0, complaints
    assert complaints == ""
    last = frames[frames.rindex(b"\1\4"):]
    return last[2]


@pytest.mark.parametrize("user, operation, verdict", [
    (b"alice", 1, 1), (b"bob", 1, 5), (b"alice", 2, 1), (b"alice", 4, 1), (b"", 5, 1),
], ids=["verify", "not enrolled", "token", "status", "list"])
def test_a_helper_is_clean_from_request_to_reply(
        user, operation, verdict, helper, corp, oauth_login, bob):
    oauth_login.configure(corp, login={"deadline": "60s", "reuse_within": "0"})
    assert run_under_valgrind(helper, request(operation, user)) == verdict


def test_a_helper_is_clean_at_an_import(helper, corp, oauth_login, bob):
    oauth_login.configure(corp, login={"deadline": "60s"})
    token = corp.issue_grant("bob").encode()
    assert run_under_valgrind(helper, request(3, b"bob", token)) == 1


def test_a_helper_is_clean_at_a_refusal(helper, corp, oauth_login):
    oauth_login.configure(corp, login={"deadline": "60s"})
    corp.revoke("alice")
    assert run_under_valgrind(helper, request(1, b"alice")) == 4


def test_the_module_is_clean_through_every_phase(host, corp, oauth_login, pam_host):
    """The application is pam_host under valgrind, which starts real helpers.

    Its copies must not write its buffered output, as they would if valgrind freed libc.
    """
    pam_host.serve("deadline=60s")
    log = Path("/tmp/valgrind.log")
    phases = "auth,account,setcred,open,setcred,close,delete"
    report = pam_host.run("alice", count=2, phases=phases, timeout=120,
                          wrapper=(*VALGRIND, "--run-libc-freeres=no", f"--log-file={log}"))
    complaints = log.read_text()
    log.unlink()
    assert [code for _, codes in report.runs for _, code in codes] == ["SUCCESS"] * 14
    assert complaints == ""
