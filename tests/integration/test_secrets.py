# SPDX-License-Identifier: BSD-2-Clause
"""No token appears in a log, an argument, an environment, a core file, or in plain in the store."""

import base64
import json
import os
import signal
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from helper_process import HELPER, held, held_helper, wait_until
from installation import STORE
from scripted_server import Answer


class Secrets:
    """All secrets that a provider has sent or received, in every encoding."""

    def __init__(self, provider):
        self._provider = provider
        self._seen = set()
        provider.answer = self._listen

    def _listen(self, request):
        answer = self._provider.correct(request)
        said = json.loads(answer.body)
        self._seen.update(said[name] for name in ("access_token", "refresh_token")
                            if name in said)
        return answer

    def add(self, secret):
        self._seen.add(secret)
        return secret

    def spellings(self):
        client, secret = self._provider.client_id, self._provider.client_secret
        basic = f"{quote_plus(client)}:{quote_plus(secret)}".encode()
        known = self._seen | {secret, quote(secret), quote_plus(secret)}
        known |= {base64.b64encode(basic).decode()}
        return {word.encode() for word in known}

    def within(self, data):
        """The secrets that occur in `data`, also escaped as in a log."""
        return {word for word in self.spellings() if word in data}

    def count(self):
        return len(self._seen)


@pytest.fixture
def secrets(oauth_login, provider, alice):
    """The secrets of a provider at which alice is enrolled."""
    provider.client_auth = "client_secret_basic"
    oauth_login.configure(provider)
    listening = Secrets(provider)
    oauth_login.import_grant("alice", listening.add(provider.issue_grant("alice")))
    return listening


def processes():
    """The arguments and the environment of every process, as {path: bytes}."""
    found = {}
    for entry in Path("/proc").iterdir():
        for name in ("cmdline", "environ") if entry.name.isdigit() else ():
            try:
                found[entry / name] = (entry / name).read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                pass
    return found


def visible(secrets):
    """Where in /proc a secret can be read."""
    return [path for path, data in processes().items() if secrets.within(data)]


def stored():
    """The files in the store."""
    return [path for path in STORE.rglob("*") if path.is_file()]


def said(result):
    return (result.stdout + result.stderr).encode()


def test_logs_and_outputs_hold_no_secret(host, provider, secrets, oauth_login, sshd, pam_host,
                                         alice, bob):
    oauth_login.use("sshd")
    host.pam("sshd", host.pam_text("sshd").replace("pam_oauth_login.so",
                                                   "pam_oauth_login.so debug"))
    pam_host.serve("debug")
    oauth_login.import_grant("bob", secrets.add(provider.issue_grant("bob")))
    logged, listed = host.log.mark(), sshd.log.mark()
    seen = [
        sshd.ssh("alice", "env; keyctl show"),
        sshd.ssh("alice", "env", methods="keyboard-interactive", answers=[alice.password]),
        *[oauth_login.run(*words) for words in (
            ["verify", "alice"], ["verify", "alice", "--json"], ["status", "alice"],
            ["status", "alice", "--json"], ["list"], ["list", "--json"])],
    ]
    assert all(result.ok for result in seen), seen
    provider.queue("/token", provider.lost)
    provider.revoke("bob")
    refused = [sshd.ssh("bob"), oauth_login.run("verify", "bob"),
               oauth_login.run("import", "bob", input=secrets.add(provider.issue_grant("alice"))),
               oauth_login.run("import", "bob", input="two words " + provider.client_secret)]
    provider.client_secret, right = "another secret", provider.client_secret
    refused.append(oauth_login.run("verify", "alice"))
    provider.client_secret = right
    assert not any(result.ok for result in refused), refused
    pam_host.run("alice", phases="auth,account,open,close")

    lines = host.log.since(logged)
    for verdict in ("granted", "reauthorize"):
        host.log.wait_for(f"verdict={verdict} ", since=logged)
    host.log.wait_for("session key oauth-login:corp planted", since=logged)
    assert secrets.count() > 10
    assert [line for line in lines if secrets.within(line.raw)] == []
    assert [line for line in sshd.log.since(listed) if secrets.within(line.encode())] == []
    assert [result for result in seen + refused if secrets.within(said(result))] == []


@pytest.mark.parametrize("error", ["invalid_request", "access_denied"])
def test_an_error_that_repeats_the_request_does_not_leak_it_into_the_log(
        host, provider, secrets, pam_host, oauth_login, error):
    """Some error pages repeat the request, with a token that may still be valid."""
    def repeat(request):
        description = "cannot serve: " + request.body.decode()
        return Answer.json({"error": error, "error_description": description}, 400)
    pam_host.serve("debug")
    logged = host.log.mark()
    provider.queue("/token", repeat, repeat)
    secrets.add(provider.refresh_token("alice"))
    report = pam_host.run("alice")
    verify = oauth_login.run("verify", "alice")
    assert error in said(verify).decode()
    line = host.log.wait_for(f"verdict=.*{error}", since=logged)
    assert secrets.within(line.raw) == set()
    assert secrets.within(report.facts["last_message"].encode()) == set()
    assert secrets.within(said(verify)) == set()


def test_processes_show_no_secret_while_a_renewal_runs(host, provider, secrets, oauth_login, sshd):
    oauth_login.use("sshd")
    asked = len(provider.requests("/token"))
    secrets.add(provider.refresh_token("alice"))
    with held(provider) as release, subprocess.Popen(
            sshd.client("alice", "true"), stdin=subprocess.DEVNULL) as client:
        helper = held_helper(provider, asked + 1)
        secrets.add(provider.refresh_token("alice"))
        assert helper.path / "cmdline" in processes()
        assert visible(secrets) == []
        release.set()
        assert client.wait(10) == 0


def test_processes_show_no_secret_while_an_import_runs(provider, secrets, bob):
    asked = len(provider.requests("/token"))
    given = secrets.add(provider.issue_grant("bob"))
    with held(provider) as release, subprocess.Popen(
            ["oauth-login", "import", "bob"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            encoding="utf-8") as command:
        command.stdin.write(given + "\n")
        command.stdin.close()
        helper = held_helper(provider, asked + 1)
        assert {helper.path / "cmdline", Path(f"/proc/{command.pid}/cmdline")} <= set(processes())
        assert visible(secrets) == []
        release.set()
        assert command.wait(10) == 0


def test_the_search_for_secrets_finds_a_leaked_one(provider, secrets):
    """Finds the secret in an argument and in an environment, and nowhere else."""
    token = secrets.add(provider.refresh_token("alice"))
    with subprocess.Popen(["sleep", "60"], env={"TOKEN": token}) as careless:
        wait_until(lambda: visible(secrets) == [Path(f"/proc/{careless.pid}/environ")], "found")
        careless.kill()
    with subprocess.Popen(["sh", "-c", "read line", token], stdin=subprocess.PIPE) as careless:
        wait_until(lambda: visible(secrets) == [Path(f"/proc/{careless.pid}/cmdline")], "found")
        careless.kill()
    assert secrets.within(f"<38>sshd[1]: {token}".encode()) == {token.encode()}


def test_stored_files_hold_no_secret_in_plain(provider, secrets, oauth_login):
    """Checks the record and the rest of its file, where a longer record was before."""
    given = secrets.add(provider.issue_grant("alice"))
    with held(provider) as release:
        asked = len(provider.requests("/token"))
        with subprocess.Popen(["oauth-login", "import", "alice"], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, encoding="utf-8") as command:
            command.stdin.write(given)
            command.stdin.close()
            held_helper(provider, asked + 1)
            assert [path for path in stored() if secrets.within(path.read_bytes())] == []
            release.set()
    assert oauth_login.verdict("alice") == "granted"
    names = {path.name for path in stored()}
    assert {"key", "lock", "record.0", "record.1"} == names
    assert [path for path in stored() if secrets.within(path.read_bytes())] == []
    assert all(path.stat().st_mode & 0o077 == 0 for path in stored())


# Core files


@pytest.fixture
def crash_site():
    """A directory where every user may write a core file."""
    with tempfile.TemporaryDirectory(prefix="cores-") as directory:
        os.chmod(directory, 0o777)
        yield directory


@contextmanager
def mortal(*argv, **options):
    """A child that may leave a core file, killed at the end of the context."""
    with subprocess.Popen(["prlimit", "--core=unlimited", *argv], **options) as child:
        try:
            yield child
        finally:
            child.kill()


def dumps_core(child, number):
    """Ends the child by the signal; returns whether the kernel has written a core file."""
    os.kill(child.pid, number)
    _, status = os.waitpid(child.pid, 0)
    child.returncode = -number
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == number, status
    return os.WCOREDUMP(status)


@pytest.fixture
def cores(crash_site):
    """Skips the test if the kernel writes no core files here at all."""
    with mortal("sleep", "60", cwd=crash_site, user="nobody") as child:
        wait_for_program(child, "sleep")
        if not dumps_core(child, signal.SIGSEGV):
            pytest.skip("this kernel writes no core files here")
    for left in Path(crash_site).iterdir():
        left.unlink()


def wait_for_program(child, name):
    wait_until(lambda: Path(f"/proc/{child.pid}/comm").read_text().startswith(name[:15]),
               f"{name} runs")


def request(operation, user, text=b""):
    """A REQUEST as in common/protocol.h."""
    def string(data):
        return len(data).to_bytes(4, "big") + data
    rest = bytes([1, 1, operation]) + string(user) + string(b"") + b"\xff" * 12 + string(text)
    return string(rest)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_crashing_helper_leaves_no_core(provider, secrets, cores, crash_site, number):
    asked = len(provider.requests("/token"))
    ours, theirs = socket.socketpair()
    with ours, theirs, held(provider), mortal(
            HELPER, stdin=theirs, cwd=crash_site, user="oauth-login", group="oauth-login",
            extra_groups=[]) as child:
        ours.sendall(request(1, b"alice"))
        helper = held_helper(provider, asked + 1)
        assert helper.pid == child.pid
        assert helper.limit("Max core file size") == ("0", "0")
        assert not dumps_core(child, number)
    assert list(Path(crash_site).iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_crashing_command_leaves_no_core(provider, secrets, cores, crash_site, bob, number):
    """The command holds the token that is imported."""
    asked = len(provider.requests("/token"))
    with held(provider), mortal("oauth-login", "import", "bob", stdin=subprocess.PIPE,
                                cwd=crash_site, encoding="utf-8") as child:
        child.stdin.write(secrets.add(provider.issue_grant("bob")) + "\n")
        child.stdin.close()
        held_helper(provider, asked + 1)
        assert not dumps_core(child, number)
    assert list(Path(crash_site).iterdir()) == []
