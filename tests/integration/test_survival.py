"""What a renewal in mid-air survives: a full disk, a stop signal, a caller with its hands full."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from helper_process import held, held_helper
from installation import STORE
from process import run
from scripted_server import Answer


@pytest.fixture
def enrolled(oauth_login, provider, alice):
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    return oauth_login


@pytest.fixture
def small_store(installation):
    """The store on a disk of its own, which can be filled."""
    installation.forget_everybody()
    owner = STORE.stat()
    run("mount", "-t", "tmpfs", "-o",
        f"size=256k,mode=0700,uid={owner.st_uid},gid={owner.st_gid}", "small", str(STORE),
        check=True)
    yield STORE
    run("umount", str(STORE), check=True)


def fill(directory):
    with open(directory / "ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(b"x" * 4096)
        except OSError:
            pass


def test_a_larger_token_fits_on_a_disk_that_is_full(small_store, enrolled, provider):
    fill(small_store)
    for size in (1000, 4000, 7000):
        def larger(request, size=size):
            answer = provider.token_response(request)
            return Answer.json({**answer, "access_token": "a" * size})

        provider.queue("/token", larger)
        assert enrolled.verdict("alice") == "granted"
    assert enrolled.verdict("alice") == "granted"


def test_a_disk_without_room_is_found_before_anything_is_sent(small_store, enrolled, provider):
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
