# SPDX-License-Identifier: BSD-2-Clause
"""Tests of the kit itself: a tool that reports something wrong would make other tests worthless."""

import base64
import http.client
import json
import select
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote_plus, urlencode

import pytest
from process import run
from scripted_provider import ScriptedProvider
from scripted_server import Answer
from terminal import Terminal

CHECKOUT = Path(__file__).resolve().parents[2]

PERMIT = """
auth     required pam_permit.so
account  required pam_permit.so
session  required pam_permit.so
"""


@pytest.fixture(scope="module")
def sshd(host):
    with host.sshd("Banner /etc/issue.net") as running:
        yield running


# The machine


def test_the_namespace_is_private_and_has_its_own_name():
    assert Path("/proc/sys/kernel/hostname").read_text() == "bastion1\n"
    assert socket.gethostbyname("bastion1") == "127.0.0.1"
    assert run("ip", "-br", "link").stdout.split()[0] == "lo"
    assert len(Path("/etc/machine-id").read_text().strip()) == 32
    assert b"tests/namespace" in Path("/proc/1/cmdline").read_bytes()
    with pytest.raises(OSError):
        Path("/outside").write_text("the root directory is not ours")


def test_changes_inside_a_namespace_do_not_outlive_it():
    script = "touch /etc/made /usr/made /home/made /root/made /run/made /tmp/made /dev/made; exit 7"
    made = run(str(CHECKOUT / "tests" / "namespace"), "sh", "-c", script)
    if made.status == 77:
        pytest.skip(f"no namespace in a namespace here: {made.stderr}")
    assert made.status == 7, made
    assert not [root for root in ("etc", "usr", "home", "root", "run", "tmp", "dev")
                if Path("/", root, "made").exists()]


def test_files_written_by_a_test_are_restored(host):
    target = Path("/etc/login.defs")
    content, mode = target.read_bytes(), target.stat().st_mode
    mark = host.files.mark()
    host.files.write(target, "first", mode=0o600)
    host.files.write(target, "second")
    host.files.write("/etc/new/made", "third")
    host.files.restore(mark)
    assert (target.read_bytes(), target.stat().st_mode) == (content, mode)
    assert not Path("/etc/new/made").exists()


def test_the_system_log_collects_what_programs_send(host):
    mark = host.log.mark()
    run("logger", "--priority", "auth.err", "--tag", "speaker", "a word", check=True)
    assert host.log.wait_for("speaker: a word", since=mark).level == "err"
    with pytest.raises(AssertionError, match="(?s)another word.*a word"):
        host.log.wait_for("another word", timeout=0.05, since=mark)


# People


def test_a_key_opens_an_ssh_session(host, sshd, alice):
    mark = host.log.mark()
    host.pam("sshd", PERMIT)
    login = sshd.ssh("alice", "id -un; exit 3")
    assert (login.status, login.stdout) == (3, "alice\n")
    assert Path("/etc/issue.net").read_text() in login.stderr
    sshd.log.wait_for("Accepted publickey for alice")
    assert not host.log.matching("alice", mark), "sshd -e logs to standard error"


def test_a_key_is_not_enough_if_the_account_phase_refuses(host, sshd, alice):
    host.pam("sshd", PERMIT.replace("account  required pam_permit", "account  required pam_deny"))
    assert sshd.ssh("alice").status == 255


@pytest.mark.parametrize("method", ("keyboard-interactive", "password"))
def test_a_password_opens_a_session_through_the_machines_own_stack(sshd, alice, method):
    login = sshd.ssh("alice", "id -un", methods=method, answers=[alice.password])
    assert (login.status, login.stdout) == (0, "alice\n")
    assert len(login.prompts) == 1


def test_a_wrong_password_is_refused_and_logged(host, sshd, alice):
    mark = host.log.mark()
    assert sshd.ssh("alice", methods="password", answers=["wrong"]).status == 255
    host.log.wait_for("pam_unix.sshd:auth.: authentication failure.*user=alice", since=mark)


def test_twenty_logins_can_run_in_parallel(host, sshd, alice):
    host.pam("sshd", PERMIT)
    with ThreadPoolExecutor(10) as people:
        logins = list(people.map(lambda n: sshd.ssh("alice", f"echo {n}"), range(20)))
    assert [login.stdout for login in logins] == [f"{n}\n" for n in range(20)]


def test_su_asks_users_for_a_password_but_not_root(host, alice):
    assert host.su("alice", "id -un").stdout == "alice\n"
    typed = host.su("alice", "id -un", as_user="nobody", password=alice.password)
    assert (typed.status, typed.stdout.split()[-1]) == (0, "alice")


def test_sudo_obeys_the_sudoers_file_of_a_test(host, alice):
    assert not host.sudo("alice", "id", "-un", options=["-n"]).ok
    host.sudoers("alice ALL = NOPASSWD: ALL")
    assert host.sudo("alice", "id", "-un").stdout == "root\n"
    host.sudoers("alice ALL = ALL")
    assert host.sudo("alice", "id", "-un", options=["-k"], password=alice.password).ok


def test_run_as_runs_with_the_ids_and_environment_of_the_user(host, alice):
    seen = host.run_as("alice", "sh", "-c", "id -u; id -G; echo ~; pwd").stdout
    assert seen == f"{alice.uid}\n{alice.uid}\n{alice.home}\n/\n"


def test_cron_runs_a_job_through_pam(host, alice):
    mark = host.log.mark()
    with host.cron("@reboot alice id -un >made"):
        host.log.wait_for(r"CRON\[\d+\]: \(alice\) END", since=mark)
        host.log.wait_for(r"pam_unix\(cron:session\): session closed for user alice", since=mark)
    assert (alice.home / "made").read_text() == "alice\n"


def test_a_terminal_is_real_and_every_wait_is_bounded():
    with Terminal("sh", "-c", "tty; read answer; echo got $answer; exit 4") as terminal:
        terminal.expect(r"/dev/pts/\d+\n")
        terminal.send_line("it")
        terminal.expect("got it")
        assert terminal.wait() == 4
    with Terminal("sleep", "60") as terminal, pytest.raises(AssertionError, match="never"):
        terminal.expect("never", timeout=0.05)
    with pytest.raises(AssertionError, match="did not end"):
        run("sleep", "60", timeout=0.05)


# The provider


class Client:
    """Talks to a provider as the helper does, with one connection for each request."""

    def __init__(self, provider, context=None):
        self._provider = provider
        self._context = context or ssl.create_default_context(cafile=str(provider.ca_file))

    def __call__(self, method, path, form=None, headers=None):
        connection = http.client.HTTPSConnection("localhost", self._provider.port, timeout=10,
                                                 context=self._context)
        headers = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        try:
            connection.request(method, path, urlencode(form or {}), headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def refresh(self, token, headers=None, **more):
        """Sends a refresh request; returns (status, JSON of the response)."""
        form = {"grant_type": "refresh_token", "refresh_token": token, **more}
        if not headers:
            form.setdefault("client_id", self._provider.client_id)
        status, body = self("POST", "/token", form, headers)
        return status, json.loads(body)


@contextmanager
def connection(provider):
    """A plain TLS connection on which a request has been sent."""
    context = ssl.create_default_context(cafile=str(provider.ca_file))
    with socket.create_connection(("localhost", provider.port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as secured:
            secured.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            yield secured


@pytest.fixture
def client(provider):
    return Client(provider)


def test_the_scripted_provider_rotates_tokens_and_revokes_on_reuse(provider, client):
    first = provider.issue_grant("alice")
    status, renewed = client.refresh(first)
    assert status == 200 and renewed["refresh_token"] not in (None, first)
    assert provider.refresh_token("alice") == renewed["refresh_token"]
    assert client.refresh(first) == (400, {
        "error": "invalid_grant", "error_description": "reuse of a refresh token"})
    assert client.refresh(renewed["refresh_token"])[1]["error"] == "invalid_grant"
    assert not provider.alive("alice")
    assert [request.form["refresh_token"] for request in provider.requests("/token")] == [
        first, first, renewed["refresh_token"]]


def test_the_scripted_provider_can_keep_the_refresh_token(provider, client):
    token = provider.issue_grant("alice")
    provider.rotate = False
    assert client.refresh(token)[1]["refresh_token"] == token
    provider.omit_refresh_token = True
    assert "refresh_token" not in client.refresh(token)[1]
    assert client.refresh(token)[0] == 200


def test_the_scripted_provider_knows_people_until_they_are_removed(provider, client):
    assert json.loads(client("GET", "/.well-known/openid-configuration")[1])["issuer"] == \
        provider.issuer
    token = client.refresh(provider.issue_grant("alice"))[1]["access_token"]
    provider.claims["alice"] = {"groups": ["staff"]}
    bearer = {"Authorization": f"Bearer {token}"}
    status, body = client("GET", "/userinfo", headers=bearer)
    assert status == 200 and json.loads(body) == provider.userinfo(token)
    assert provider.userinfo(token)["sub"] == provider.subject("alice")
    provider.remove_user("alice")
    assert client("GET", "/userinfo", headers=bearer)[0] == 401
    assert client.refresh(provider.refresh_token("alice"))[1]["error"] == "invalid_grant"


def test_the_scripted_provider_accepts_only_its_own_client_authentication(provider, client):
    token = provider.issue_grant("alice")
    pair = f"{provider.client_id}:{quote_plus(provider.client_secret)}"
    basic = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    raw = {"Authorization": "Basic " + base64.b64encode(
        f"{provider.client_id}:{provider.client_secret}".encode()).decode()}
    ways = {
        "none": lambda: client.refresh(token),
        "client_secret_basic": lambda: client.refresh(token, basic),
        "client_secret_post": lambda: client.refresh(token, client_secret=provider.client_secret),
    }
    provider.rotate = False
    for wanted in ways:
        provider.client_auth = wanted
        assert {way: refresh()[0] for way, refresh in ways.items()} == {
            way: 200 if way == wanted else 401 for way in ways}
    provider.client_auth = "client_secret_basic"
    assert client.refresh(token, raw)[1]["error"] == "invalid_client"


def test_the_scripted_provider_fails_as_scripted_and_then_is_correct_again(provider, client):
    token = provider.issue_grant("alice")
    provider.queue("/token", Answer(503, b"busy"), Answer.json({"error": "slow_down"}, 429), None)
    assert client("POST", "/token") == (503, b"busy")
    assert client("POST", "/token")[0] == 429
    assert client.refresh(token)[0] == 200
    provider.answer = lambda request: Answer.redirect("http://elsewhere.example/")
    assert client("GET", "/anything")[0] == 307
    provider.answer = None
    assert client("GET", "/anything")[0] == 404


def test_the_scripted_provider_carries_out_a_request_whose_answer_is_lost(provider, client):
    token = provider.issue_grant("alice")
    provider.queue("/token", provider.lost)
    with pytest.raises((http.client.RemoteDisconnected, OSError)):
        client.refresh(token)
    assert provider.refresh_token("alice") != token


@pytest.mark.parametrize("answer, fault", (
    (Answer(cut="before"), http.client.RemoteDisconnected),
    (Answer(cut="after headers", body=b"12"), http.client.IncompleteRead),
    (Answer(cut="body", body=b"12"), http.client.IncompleteRead),
), ids=("before", "after headers", "body"))
def test_the_scripted_provider_can_cut_off_its_answer(provider, client, answer, fault):
    provider.answer = answer
    with pytest.raises(fault):
        client("GET", "/")


def test_the_scripted_provider_can_reset_its_connection(provider):
    provider.queue("/", Answer(cut="before"), Answer(cut="before", reset=True))
    with connection(provider) as ended:
        assert ended.recv(1) == b""
    with connection(provider) as reset:
        errors = select.poll()
        errors.register(reset, 0)
        assert errors.poll(10_000), "TLS tells an end from a reset by other errors in each version"


def test_the_scripted_provider_can_cut_off_its_headers(provider):
    provider.answer = Answer(cut="headers")
    with connection(provider) as secured, secured.makefile("rb") as stream:
        head = stream.read()
    assert head.startswith(b"HTTP/1.1 200 OK\r\n") and b"\r\n\r\n" not in head


def test_the_scripted_provider_can_answer_byte_by_byte(provider, client):
    provider.answer = Answer(body=b"drops", dribble=0.01)
    started = time.monotonic()
    assert client("GET", "/") == (200, b"drops")
    assert time.monotonic() - started > 0.03


def test_the_scripted_provider_can_answer_endlessly(provider):
    provider.answer = Answer(body=b"x" * 1000, endless=True)
    with connection(provider) as secured:
        received = 0
        while received < 1_000_000:
            received += len(secured.recv(1 << 16))


def test_the_scripted_provider_can_hold_an_answer(provider, client):
    go_on = threading.Event()
    provider.queue("/", Answer(body=b"late", hold=go_on))
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(client, "GET", "/")
        provider.wait_for_requests("/")
        assert client("GET", "/")[0] == 404, "a held answer delays no other client"
        assert not answer.done()
        go_on.set()
        assert answer.result(10) == (200, b"late")


def test_the_scripted_provider_ends_all_connections_when_it_stops(certificate, authority):
    with ThreadPoolExecutor() as pool:
        with ScriptedProvider(certificate, authority.file) as provider:
            provider.queue("/", Answer(hold=threading.Event()))
            answer = pool.submit(Client(provider), "GET", "/")
            provider.wait_for_requests("/")
            silent = socket.create_connection(("localhost", provider.port))
        with silent:
            assert answer.exception(10), "the connection ends without an answer"
            silent.settimeout(10)
            try:
                assert silent.recv(1) == b""
            except ConnectionResetError:  # the connection had not been accepted yet
                pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("localhost", provider.port))
    with provider:
        assert Client(provider)("GET", "/")[0] == 404, "it listens on the same port again"


@pytest.mark.parametrize("kind, why", (
    ("expired", "certificate has expired"),
    ("not_yet_valid", "not yet valid"),
    ("wrong_host", "Hostname mismatch"),
    ("self_signed", "self-signed certificate"),
))
def test_clients_refuse_a_scripted_provider_with_a_bad_certificate(authority, kind, why):
    with ScriptedProvider(getattr(authority, kind)(), authority.file) as provider:
        with pytest.raises(ssl.SSLCertVerificationError, match=why):
            Client(provider)("GET", "/")
        assert not provider.requests()


@pytest.mark.parametrize("version", (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2),
                         ids=lambda version: version.name)
def test_the_scripted_provider_can_offer_an_old_tls_version(certificate, authority, version):
    modern = ssl.create_default_context(cafile=str(authority.file))
    lenient = ssl.create_default_context(cafile=str(authority.file))
    lenient.set_ciphers("DEFAULT:@SECLEVEL=0")
    lenient.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with ScriptedProvider(certificate, authority.file, newest_tls=version) as provider:
        assert Client(provider, lenient)("GET", "/")[0] == 404
        assert provider.requests()[0].tls_version == version.name.replace("_", ".")
        if version < ssl.TLSVersion.TLSv1_2:
            with pytest.raises(ssl.SSLError):
                Client(provider, modern)("GET", "/")
