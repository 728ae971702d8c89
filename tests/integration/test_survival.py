# SPDX-License-Identifier: BSD-2-Clause
"""Renewals survive a full disk, signals, callers with many open files, and many logins at once."""

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from helper_process import held, held_helper, running, wait_until
from installation import STORE
from process import run
from scripted_server import Answer

CROWD = 50


@pytest.fixture
def enrolled(oauth_login, provider, alice):
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    return oauth_login


@pytest.fixture
def small_store(installation):
    """The store on a small disk of its own, which a test can fill."""
    installation.forget_everybody()
    owner = STORE.stat()
    run("mount", "-t", "tmpfs", "-o",
        f"size=256k,mode=0700,uid={owner.st_uid},gid={owner.st_gid}", "small", str(STORE),
        check=True)
    yield STORE
    run("umount", str(STORE), check=True)


def fill(directory):
    """Fills the disk."""
    with open(directory / "ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 4096)
        except OSError:
            pass


def test_a_larger_token_can_be_stored_on_a_full_disk(small_store, enrolled, provider):
    fill(small_store)
    for size in (1000, 4000, 7000):
        def larger(request, size=size):
            answer = provider.token_response(request)
            return Answer.json({**answer, "access_token": "a" * size})

        provider.queue("/token", larger)
        assert enrolled.verdict("alice") == "granted"
    assert enrolled.verdict("alice") == "granted"


def test_a_disk_without_room_is_noticed_before_a_request_is_sent(small_store, enrolled, provider):
    for slot in ("record.0", "record.1"):
        path = small_store / "accounts" / "alice" / slot
        os.truncate(path, 4096)
    fill(small_store)
    sent = len(provider.requests("/token"))
    said = enrolled.run_json("verify", "alice")
    assert said["verdict"] == "fault"
    assert "No space left" in said["reason"]
    assert len(provider.requests("/token")) == sent
    (small_store / "ballast").unlink()
    assert enrolled.verdict("alice") == "granted"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_stop_signal_does_not_end_a_renewal(number, enrolled, provider):
    sent = len(provider.requests("/token"))
    with ThreadPoolExecutor() as pool, held(provider) as release:
        login = pool.submit(enrolled.verdict, "alice")
        os.kill(held_helper(provider, sent + 1).pid, number)
        release.set()
        assert login.result() == "granted"
    assert enrolled.verdict("alice") == "granted"


def test_a_caller_with_many_open_files_is_served(enrolled):
    files = [os.open("/dev/null", os.O_RDONLY) for _ in range(300)]
    try:
        result = enrolled.run("verify", "alice", pass_fds=files)
    finally:
        for file in files:
            os.close(file)
    assert result.ok, result


@pytest.fixture
def crowd(host):
    """The names of fifty accounts that only exist in /etc/passwd."""
    names = [f"crowd{number:02}" for number in range(CROWD)]
    lines = [f"{name}:x:{5000 + number}:100::/nowhere:/bin/sh\n"
             for number, name in enumerate(names)]
    host.files.write("/etc/passwd", Path("/etc/passwd").read_text() + "".join(lines))
    return names


def test_fifty_accounts_log_in_at_once_without_waiting_for_each_other(oauth_login, provider, crowd):
    """All fifty requests have come before the first is answered."""
    oauth_login.configure(provider, login={"deadline": "60s"})
    for name in crowd:
        oauth_login.enroll(provider, name)
    sent = len(provider.requests("/token"))
    with held(provider, CROWD) as release:
        logins = [subprocess.Popen(["oauth-login", "verify", name], stdout=subprocess.DEVNULL)
                  for name in crowd]
        came = provider.wait_for_requests("/token", sent + CROWD, timeout=60)
        release.set()
        assert [login.wait(60) for login in logins] == [0] * CROWD
    assert len(provider.requests("/token")) == len(came) == sent + CROWD
    assert all(provider.alive(name) for name in crowd)
    assert [oauth_login.verdict(name) for name in crowd] == ["granted"] * CROWD


@pytest.mark.parametrize("reuse_within, requests", [("30s", 1), ("0", CROWD)])
def test_fifty_simultaneous_logins_leave_the_grant_alive(
        reuse_within, requests, enrolled, provider):
    """Each renewal uses the token of the one before, and no token is used twice."""
    provider.expires_in = 1  # so that the answer to the import is not shared
    enrolled.import_grant("alice", provider.issue_grant("alice"))
    provider.expires_in = 300
    expires = enrolled.run_json("status", "alice")["expires"]
    enrolled.configure(provider, login={"deadline": "60s", "reuse_within": reuse_within})
    wait_until(lambda: time.time() >= expires, "the access token expires")
    sent = len(provider.requests("/token"))
    logins = [subprocess.Popen(["oauth-login", "verify", "alice"], stdout=subprocess.DEVNULL)
              for _ in range(CROWD)]
    assert [login.wait(60) for login in logins] == [0] * CROWD
    came = [request.form["refresh_token"] for request in provider.requests("/token")[sent:]]
    assert len(came) == len(set(came)) == requests
    assert provider.alive("alice")
    wait_until(lambda: not running(), "no helper is left")
    assert enrolled.verdict("alice") == "granted"
