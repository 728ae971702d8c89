# SPDX-License-Identifier: BSD-2-Clause
"""People enroll in a browser: authorization code flow with PKCE and a redirect to the loopback."""

import http.client
import signal
import threading
from pathlib import Path

import pytest
from code_flow import CODE, Enrolling, redeeming
from glewlwyd import free_port
from helper_process import running, wait_until
from id_tokens import Key, claims
from installation import is_vacant
from real_provider import HAS_GLEWLWYD
from scripted_server import Answer
from web_browser import WebBrowser

SCOPE = "openid offline_access"


@pytest.fixture
def real(oauth_login, glewlwyd, alice):
    """The real provider, configured for browser enrollment."""
    if not HAS_GLEWLWYD:
        pytest.skip("no Glewlwyd here; test_second_provider.py does the same at oidc-provider")
    oauth_login.configure(glewlwyd, scope=SCOPE, redirect_port=glewlwyd.redirect_port)
    return glewlwyd


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    return Key(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def flow(oauth_login, provider, alice, key):
    """The scripted provider; each test queues the answers of its token endpoint."""
    provider.answer = lambda request: (
        Answer.json({"keys": [key.jwk]}) if request.path == "/jwks" else None)
    oauth_login.configure(provider, scope=SCOPE, auth_params="a=b%20 prompt=x=y")
    return provider


# At a real provider, with a real browser

def test_a_person_enrolls_at_the_providers_own_pages_and_logs_in(oauth_login, real, sshd):
    oauth_login.use("sshd")
    with WebBrowser() as browser, Enrolling() as enrolling:
        browser.sign_in(enrolling.address, "alice", real.password("alice"))
        page = browser.consent()
        assert enrolling.wait() == 0, enrolling.said
        assert "You can close this window" in page
        assert "alice is enrolled at corp." in enrolling.said
    assert oauth_login.verdict("alice") == "granted"
    login = sshd.ssh("alice", "keyctl pipe %user:oauth-login:corp")
    assert real.userinfo(login.stdout)["sub"] == real.subject("alice")


def test_somebody_elses_approval_leaves_the_account_unenrolled(oauth_login, real):
    with WebBrowser() as browser, Enrolling() as enrolling:
        browser.sign_in(enrolling.address, "mallory", real.password("mallory"))
        browser.consent()
        assert enrolling.wait() == 1
        assert "preferred_username = mallory" in enrolling.said
    assert oauth_login.verdict("alice") == "not-enrolled"
    assert is_vacant("alice")


# Requests and secrets

def test_the_requests_of_a_browser_enrollment_follow_the_rfcs(oauth_login, flow, key):
    with Enrolling() as enrolling:
        redeeming(flow, key, enrolling)
        asked = dict(enrolling.asked)
        for name in ("state", "nonce", "code_challenge"):
            assert len(asked.pop(name)) == 43, "256 bits"
        assert asked == {"response_type": "code", "client_id": "bastion", "scope": SCOPE,
                         "redirect_uri": f"http://127.0.0.1:{enrolling.port}/",
                         "code_challenge_method": "S256", "a": "b%20", "prompt": "x=y"}
        assert enrolling.address.startswith(flow.discovery["authorization_endpoint"] + "?")
        status, headers, body = enrolling.redirect(iss=flow.issuer)
        assert status == 200 and "You can close this window" in body and "<script" not in body
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert enrolling.wait() == 0, enrolling.said
    (redeemed,) = flow.requests("/token")
    form = dict(redeemed.form)
    assert len(form.pop("code_verifier")) == 43
    assert form == {"grant_type": "authorization_code", "code": CODE, "client_id": "bastion",
                    "redirect_uri": f"http://127.0.0.1:{enrolling.port}/"}
    assert oauth_login.verdict("alice") == "granted"


def test_an_authorization_endpoint_keeps_its_own_query(oauth_login, flow, alice):
    oauth_login.configure(flow, authorization_endpoint=f"{flow.issuer}/login?tenant=7")
    with Enrolling() as enrolling:
        assert enrolling.address.startswith(f"{flow.issuer}/login?tenant=7&response_type=code&")


def test_every_enrollment_has_secrets_of_its_own(flow):
    with Enrolling() as one, Enrolling() as other:
        for name in ("state", "nonce", "code_challenge", "redirect_uri"):
            assert one.asked[name] != other.asked[name]


def test_no_secret_of_an_enrollment_is_in_the_log_or_an_argument(oauth_login, host, flow, key):
    mark = host.log.mark()
    with Enrolling() as enrolling:
        redeeming(flow, key, enrolling)
        commands = "".join(path.read_bytes().decode("utf-8", "replace")
                           for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
        assert "oauth-login" in commands and enrolling.asked["state"] not in commands
        enrolling.redirect()
        assert enrolling.wait() == 0, enrolling.said
    (redeemed,) = flow.requests("/token")
    told = enrolling.terminal.output + "".join(host.log.since(mark))
    for secret in (CODE, redeemed.form["code_verifier"], flow.refresh_token("alice")):
        assert secret not in told + commands


# Refusals and faults

def refused(flow, enrolling, status, *said, asked=0):
    """Checks that the enrollment ends with this status and output, after `asked` token requests."""
    assert enrolling.wait() == status, enrolling.said
    for words in said:
        assert words in enrolling.said
    assert len(flow.requests("/token")) == asked
    assert is_vacant("alice")


@pytest.mark.parametrize("error, description, status, said", [
    ("access_denied", "not today", 1, "access_denied: not today"),
    ("server_error", "", 3, "server_error"),
    ("invalid_request", "", 4, "invalid_request"),
    ("unauthorized_client", "", 4, "unauthorized_client"),
    ("made_up", "\x1b[2J\nfoo", 1, r"made_up: \x1B[2J\x0Afoo"),
])
def test_an_error_in_the_redirect_ends_the_enrollment_with_its_status(
        error, description, status, said, flow):
    with Enrolling() as enrolling:
        enrolling.redirect(code=None, error=error, error_description=description or None)
        refused(flow, enrolling, status, said)
        assert "\x1b" not in enrolling.terminal.output


@pytest.mark.parametrize("iss, promised, said", [
    ("https://evil.example", False, "another issuer: https://evil.example"),
    ("https://evil.example", True, "another issuer"),
    (None, True, "without iss"),
])
def test_a_code_from_another_issuer_is_not_redeemed(iss, promised, said, flow):
    flow.discovery["authorization_response_iss_parameter_supported"] = promised
    with Enrolling() as enrolling:
        enrolling.redirect(iss=iss)
        refused(flow, enrolling, 1, said)


def test_an_error_from_another_issuer_is_not_believed(flow):
    with Enrolling() as enrolling:
        enrolling.redirect(code=None, error="server_error", iss="https://evil.example")
        refused(flow, enrolling, 1, "another issuer")


@pytest.mark.parametrize("nonce, said", [(None, "nonce is missing"), ("n", "nonce is wrong")])
def test_an_id_token_with_another_nonce_is_refused(nonce, said, flow, key):
    with Enrolling() as enrolling:
        redeeming(flow, key, enrolling, nonce=nonce)
        enrolling.redirect()
        refused(flow, enrolling, 1, said, asked=1)


def test_an_id_token_of_a_renewal_may_have_any_nonce_or_none(oauth_login, flow, key):
    with Enrolling() as enrolling:
        redeeming(flow, key, enrolling)
        enrolling.redirect()
        assert enrolling.wait() == 0, enrolling.said
    for nonce in (enrolling.asked["nonce"], None, "another"):
        token = {"id_token": key.sign(claims(flow, nonce=nonce))}
        flow.queue("/token", lambda request, token=token: Answer.json(
            {**flow.token_response(request), **token}))
        assert oauth_login.verdict("alice") == "granted"


def test_somebody_elses_code_leaves_the_account_unenrolled(flow, key):
    with Enrolling() as enrolling:
        redeeming(flow, key, enrolling, name="mallory")
        enrolling.redirect()
        refused(flow, enrolling, 1, "preferred_username = mallory", asked=1)


def test_a_code_that_the_provider_refuses_is_sent_only_once(flow):
    flow.queue("/token", Answer.json({"error": "invalid_grant"}, 400))
    with Enrolling() as enrolling:
        enrolling.redirect()
        refused(flow, enrolling, 1, "invalid_grant", asked=1)


def test_a_code_of_another_request_fails_at_the_provider(flow, key):
    with Enrolling() as one, Enrolling() as other:
        redeeming(flow, key, other)
        one.redirect()
        refused(flow, one, 1, "PKCE", asked=1)


def test_a_grant_without_a_refresh_token_is_refused_and_the_fix_is_named(flow, key):
    with Enrolling() as enrolling:
        redeeming(flow, key, enrolling, refresh_token=None)
        enrolling.redirect()
        refused(flow, enrolling, 4, "offline_access", "access_type=offline", asked=1)


def test_without_an_authorization_endpoint_other_ways_to_enroll_are_named(oauth_login, flow):
    del flow.discovery["authorization_endpoint"]
    result = oauth_login.run("enroll", "--browser", "alice")
    assert result.status == 4
    assert "set authorization_endpoint" in result.stderr
    assert "enroll without --browser" in result.stderr


def test_an_authorization_endpoint_with_shell_syntax_is_not_shown(oauth_login, flow):
    for address, said in (("https://localhost/$(touch%20/tmp/x)", "authorization_endpoint"),
                          ("https://localhost/$(touch${IFS}/tmp/x)", "no https:// address")):
        flow.discovery["authorization_endpoint"] = address
        result = oauth_login.run("enroll", "--browser", "alice")
        assert result.status == 4
        assert said in result.stderr and not result.stdout


def test_the_redirect_port_can_be_configured_and_a_port_in_use_is_named(oauth_login, flow, alice):
    port = free_port()
    oauth_login.configure(flow, redirect_port=port)
    with Enrolling() as enrolling:
        assert enrolling.port == port
        result = oauth_login.run("enroll", "--browser", "alice")
        assert result.status == 5
        assert f"port {port} of 127.0.0.1" in result.stderr and "ss -ltnp" in result.stderr


# Other requests to the loopback

def completes(flow, key, enrolling):
    """Checks that the enrollment can still be completed."""
    redeeming(flow, key, enrolling)
    assert enrolling.redirect()[0] == 200
    assert enrolling.wait() == 0, enrolling.said


@pytest.mark.parametrize("target", [
    "/", "/?", "/favicon.ico", "/?code=c&state=wrong", "/?code=c&state=", "/?code=c",
    "/?error=access_denied&state=wrong", "/?error=access_denied", "/?state={state}",
    "/x?code=c&state={state}", "/?code=c&state={state}&state={state}", "/?code=%00&state={state}",
    "/?code=c&error=e&state={state}", "http://localhost:{port}/?code=c&state={state}",
])
def test_an_unexpected_request_is_answered_with_404_and_changes_nothing(target, flow, key):
    with Enrolling() as enrolling:
        target = target.format(state=enrolling.asked["state"], port=enrolling.port)
        status, _, body = enrolling.request(target)
        assert status == 404 and "close" not in body
        completes(flow, key, enrolling)


@pytest.mark.parametrize("name", ["evil.example", "evil.example:{port}", "127.0.0.1",
                                  "127.0.0.1:{port}.evil.example", "127.0.0.1:1", "",
                                  "[::1]:{port}"])
def test_a_request_with_another_host_name_is_answered_with_400(name, flow, key):
    with Enrolling() as enrolling:
        target = f"/?code=c&state={enrolling.asked['state']}"
        assert enrolling.request(target, Host=name.format(port=enrolling.port))[0] == 400
        completes(flow, key, enrolling)


def test_localhost_is_accepted_as_the_host_of_the_redirect(flow, key):
    with Enrolling() as enrolling:
        redeeming(flow, key, enrolling)
        target = f"/?code={CODE}&state={enrolling.asked['state']}"
        assert enrolling.request(target, Host=f"LocalHost:{enrolling.port}")[0] == 200
        assert enrolling.wait() == 0, enrolling.said


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "get"])
def test_a_method_other_than_get_is_answered_with_404(method, flow, key):
    with Enrolling() as enrolling:
        target = f"/?code=c&state={enrolling.asked['state']}"
        assert enrolling.request(target, method)[0] == 404
        completes(flow, key, enrolling)


def test_garbage_and_endless_headers_are_cut_off(flow, key):
    with Enrolling() as enrolling:
        for garbage in (b"\0" * 100, b"\x16\x03\x01\x02\x00" + b"\xff" * 50, b"GET /\r\n\r\n",
                        b"GET / HTTP/1.1\r\nno header\r\n\r\n", b"a" * 8192,
                        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 2000):
            with enrolling.connect() as connection:
                connection.sendall(garbage)
                try:
                    assert connection.recv(12) in (b"HTTP/1.1 400", b"")
                except ConnectionResetError:
                    pass  # more was sent than it read
        completes(flow, key, enrolling)


def test_silent_connections_do_not_keep_the_browser_out(flow, key):
    with Enrolling() as enrolling:
        silent = [enrolling.connect() for _ in range(100)]
        for connection in silent[::2]:
            connection.sendall(b"GET /?code=")
        completes(flow, key, enrolling)
        for connection in silent:
            connection.close()


def test_a_flood_of_requests_does_not_keep_the_browser_out(flow, key):
    with Enrolling() as enrolling:
        over = threading.Event()
        floods = [threading.Thread(target=flood, args=(enrolling, over)) for _ in range(4)]
        for thread in floods:
            thread.start()
        try:
            completes(flow, key, enrolling)
        finally:
            over.set()
            for thread in floods:
                thread.join()


def flood(enrolling, over):
    while not over.is_set():
        try:
            enrolling.request("/?code=c&state=x")
        except OSError:  # rejected, or the listener is gone
            pass
        except http.client.HTTPException:
            pass


def test_the_listener_is_on_loopback_only_and_closes_after_the_redirect(flow):
    with Enrolling() as enrolling:
        (line,) = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()
                   if f":{enrolling.port:04X} " in line and line.split()[3] == "0A"]
        assert line[1].startswith("0100007F:")
        redeemed = threading.Event()
        flow.queue("/token", Answer.json({"error": "access_denied"}, 400, hold=redeemed))
        assert enrolling.redirect()[0] == 200
        flow.wait_for_requests("/token")
        assert not enrolling.listening()
        redeemed.set()
        assert enrolling.wait() == 1


def test_interrupting_a_browser_enrollment_leaves_nothing_behind(flow):
    with Enrolling() as enrolling:
        enrolling.connect().close()
        enrolling.terminal.send("\x03")
        assert enrolling.wait() == -signal.SIGINT
        wait_until(lambda: not running(), "the helper ends")
        assert not enrolling.listening()
    assert is_vacant("alice")
