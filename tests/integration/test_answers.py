# SPDX-License-Identifier: BSD-2-Clause
"""Each answer of a provider has the right verdict and reason, and the grant stays alive unless the
provider has used it up."""

import gzip
import json
import ssl
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from scripted_provider import ScriptedProvider
from scripted_server import Answer

TOKENS = {"access_token": "a-b.c", "token_type": "Bearer", "expires_in": 300}
BOMB = gzip.compress(json.dumps({**TOKENS, "x": "y" * 10**7}).encode())


@pytest.fixture
def enrolled(oauth_login, provider, alice):
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    return oauth_login


def error(name, status=400, **more):
    return Answer.json({"error": name, **more}, status)


def text(body, status=200, kind="text/html"):
    data = body if isinstance(body, bytes) else body.encode()
    return Answer(status, data, {"Content-Type": kind})


def tokens(**changed):
    return Answer.json({**TOKENS, **changed})


FAILURES = {
    "dead grant": (error("invalid_grant"), "reauthorize", "invalid_grant"),
    "dead grant without a body": (Answer(400), "reauthorize", "HTTP 400"),
    "dead grant by another name": (error("invalid_request"), "reauthorize", "invalid_request"),
    "dead grant with status 200": (error("bad_refresh_token", 200), "reauthorize", "bad_refresh"),
    "blocked user with status 403": (error("invalid_grant", 403), "reauthorize", "invalid_grant"),
    "consent required": (error("interaction_required"), "reauthorize", "interaction_required"),
    "access denied": (error("access_denied"), "denied", "access_denied"),
    "scope withdrawn": (error("invalid_scope"), "denied", "invalid_scope"),
    "claims challenge": (error("invalid_grant", claims="{}"), "denied", "invalid_grant"),
    "account disabled": (error("invalid_grant", error_codes=[50057]), "denied", "is disabled"),
    "an unknown error": (error("no_such_luck"), "denied", "no_such_luck"),
    "client unknown": (error("invalid_client", 401), "misconfigured", "invalid_client"),
    "client not allowed": (error("unauthorized_client"), "misconfigured", "unauthorized_client"),
    "grant type unknown": (error("unsupported_grant_type"), "misconfigured", "unsupported_grant"),
    "too many requests": (Answer(429), "unreachable", "HTTP 429"),
    "server error": (text("<h1>oops</h1>", 500), "unreachable", "HTTP 500"),
    "overloaded": (Answer(503, headers={"Retry-After": "1"}), "unreachable", "HTTP 503"),
    "unavailable for now": (error("temporarily_unavailable", 503), "unreachable", "temporarily"),
    "captive portal": (text("<html>Please log in"), "unreachable", "captive portal"),
    "not an object": (text("[]", kind="application/json"), "unreachable", "not one JSON object"),
    "truncated JSON": (text('{"access_token": "a', kind="application/json"), "unreachable", "JSON"),
    "trailing data": (text(json.dumps(TOKENS) + "x"), "unreachable", "not one JSON object"),
    "byte order mark": (text(b"\xef\xbb\xbf{}"), "unreachable", "not one JSON object"),
    "bad UTF-8": (text(b'{"access_token": "\xff"}'), "unreachable", "not one JSON object"),
    "10,000 levels deep": (text("[" * 10000), "unreachable", "not one JSON object"),
    "the same name twice": (text('{"a": 1, "a": 2}'), "unreachable", "not one JSON object"),
    "gzip bomb": (Answer(200, BOMB, {"Content-Encoding": "gzip"}), "unreachable", "not one JSON"),
    "lone surrogate": (text('{"access_token": "a\\ud800", "token_type": "Bearer"}'), "unreachable",
                       "access_token"),
    "no access token": (Answer.json({"token_type": "Bearer"}), "unreachable", "access_token"),
    "null access token": (tokens(access_token=None), "unreachable", "access_token"),
    "line break in a token": (tokens(access_token="a\r\nb"), "unreachable", "access_token"),
    "NUL in a token": (tokens(access_token="a\0b"), "unreachable", "access_token"),
    "space in a token": (tokens(access_token="a b"), "unreachable", "access_token"),
    "8-bit token": (tokens(access_token="caf\u00e9"), "unreachable", "access_token"),
    "empty access token": (tokens(access_token=""), "unreachable", "access_token"),
    "40 KiB token": (tokens(access_token="a" * 40960), "unreachable", "access_token"),
    "another token type": (tokens(token_type="mac"), "unreachable", "token_type"),
    "tokens and an error": (tokens(error="access_denied"), "denied", "access_denied"),
    "terminal escapes": (error("access_denied", error_description="\x1b[2J\nx"), "denied",
                         r"\x1B[2J\x0Ax"),
    "redirect elsewhere": (Answer.redirect("https://localhost:1/token"), "unreachable", "HTTP 307"),
    "redirect to http": (Answer.redirect("http://localhost:1/token"), "unreachable", "HTTP 307"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_answer_has_its_verdict_and_costs_no_grant(name, enrolled, provider):
    answer, verdict, reason = FAILURES[name]
    before = provider.refresh_token("alice")
    provider.queue("/token", answer)
    said = enrolled.run_json("verify", "alice")
    assert said["verdict"] == verdict
    assert reason in said["reason"]
    assert provider.refresh_token("alice") == before, "no other request reached the provider"
    if verdict != "misconfigured":  # after which logins do not ask again for a while
        assert enrolled.verdict("alice") == "granted"


OVERSIZED = {
    "over 64 KiB": Answer(200, b" " * 70000),
    "endless": Answer(200, b" " * 1000, endless=True),
    "header flood": Answer(200, b"{}", {f"X-{n}": "y" * 1000 for n in range(100)}),
}


@pytest.mark.parametrize("name", OVERSIZED)
def test_an_oversized_answer_is_unreachable_and_costs_no_grant(name, enrolled, provider):
    provider.queue("/token", OVERSIZED[name])
    assert enrolled.verdict("alice") == "unreachable"
    assert enrolled.verdict("alice") == "granted"


@pytest.mark.parametrize("cut", ["before", "headers", "after headers", "body"])
@pytest.mark.parametrize("reset", [False, True])
def test_an_answer_cut_off_once_is_retried_and_cut_off_twice_is_unreachable(
        cut, reset, enrolled, provider):
    cut_off = Answer.json(TOKENS, cut=cut, reset=reset)
    sent = len(provider.requests("/token"))
    provider.queue("/token", cut_off, cut_off)
    assert enrolled.verdict("alice") == "unreachable"
    assert len(provider.requests("/token")) == sent + 2
    provider.queue("/token", cut_off)
    assert enrolled.verdict("alice") == "granted"
    assert len(provider.requests("/token")) == sent + 4


@pytest.mark.parametrize("life, seconds", [
    (300, 300), (299.9, 299), ("300", 300), (None, 3600), (0, 3600), (-5, 3600), ("soon", 3600),
    ([], 3600), (1e300, 31536000), (10**18, 31536000),
])
def test_expires_in_defaults_to_an_hour_and_is_at_most_a_year(life, seconds, enrolled, provider):
    provider.queue("/token", tokens(expires_in=life))
    assert enrolled.verdict("alice") == "granted"
    status = enrolled.run_json("status", "alice")
    assert abs(status["expires"] - status["last_granted"] - seconds) <= 1


def test_an_answer_without_a_refresh_token_keeps_the_old_refresh_token(enrolled, provider):
    provider.omit_refresh_token = True
    before = provider.refresh_token("alice")
    for _ in range(3):
        assert enrolled.verdict("alice") == "granted"
    sent = {request.form["refresh_token"] for request in provider.requests("/token")[1:]}
    assert sent == {before}


def test_a_rotated_token_is_kept_even_if_the_rest_of_the_answer_is_unusable(enrolled, provider):
    def without_access_token(request):
        answer = json.loads(provider.correct(request).body)
        del answer["access_token"]
        return Answer.json(answer)

    provider.queue("/token", without_access_token)
    assert enrolled.verdict("alice") == "unreachable"
    assert enrolled.verdict("alice") == "granted"


@pytest.mark.parametrize("status", [201, 202, 203])
def test_tokens_with_another_status_of_success_are_taken(enrolled, provider, status):
    provider.queue("/token", lambda request: replace(provider.correct(request), status=status))
    before = provider.refresh_token("alice")
    assert enrolled.verdict("alice") == "granted"
    assert provider.refresh_token("alice") != before
    assert enrolled.verdict("alice") == "granted"


@pytest.mark.parametrize("status", [400, 500])
def test_a_rotated_token_is_kept_whatever_the_status(enrolled, provider, status):
    provider.queue("/token", lambda request: replace(provider.correct(request), status=status))
    assert enrolled.verdict("alice") == "unreachable"
    assert enrolled.verdict("alice") == "granted"


@pytest.mark.parametrize("method", ["none", "client_secret_basic", "client_secret_post"])
def test_the_client_authenticates_as_configured(method, oauth_login, provider, alice):
    provider.client_auth = method
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    assert oauth_login.verdict("alice") == "granted"


def test_a_wrong_secret_is_not_tried_again_until_it_is_changed(oauth_login, provider, alice, host):
    provider.client_auth = "client_secret_post"
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    host.write_secret("corp.secret", "wrong")
    sent = len(provider.requests("/token"))
    for _ in range(3):
        assert oauth_login.verdict("alice") == "misconfigured"
    assert len(provider.requests("/token")) == sent + 1
    host.write_secret("corp.secret", provider.client_secret)
    assert oauth_login.verdict("alice") == "granted"


def test_the_request_is_a_plain_refresh(enrolled, provider):
    enrolled.run("verify", "alice", env={"PATH": "/usr/bin", "https_proxy": "http://127.0.0.1:1"})
    request = provider.requests("/token")[-1]
    assert set(request.form) == {"grant_type", "refresh_token", "client_id"}
    assert request.headers["Accept"] == "application/json"
    assert request.headers["User-Agent"].startswith("oauth-login/")


def test_a_login_sends_exactly_one_request(enrolled, provider):
    before = len(provider.requests())
    assert enrolled.verdict("alice") == "granted"
    assert len(provider.requests()) == before + 1


def test_a_discovery_document_of_another_issuer_is_refused(oauth_login, provider, alice):
    oauth_login.configure(provider)
    provider.discovery["issuer"] = provider.issuer + "/"
    result = oauth_login.run("import", "alice", input=provider.issue_grant("alice"))
    assert result.status == 4
    assert "must be identical" in result.stderr
    assert not provider.requests("/token")


def test_an_endpoint_without_tls_is_refused(oauth_login, provider, alice):
    oauth_login.configure(provider)
    provider.discovery["token_endpoint"] = "http://localhost/token"
    result = oauth_login.run("import", "alice", input=provider.issue_grant("alice"))
    assert result.status == 4
    assert "https" in result.stderr


@pytest.mark.parametrize("bad", ["expired", "wrong_host", "self_signed", "not_yet_valid"])
def test_a_server_with_a_bad_certificate_gets_no_token(bad, enrolled, provider, authority):
    provider.stop()
    certificate = getattr(authority, bad)()
    with ScriptedProvider(certificate, authority.file) as impostor:
        enrolled.configure(provider, token_endpoint=f"{impostor.issuer}/token")
        said = enrolled.run_json("verify", "alice")
        assert said["verdict"] == "unreachable"
        assert "TLS" in said["reason"]
        assert not impostor.requests()


@pytest.mark.parametrize("version, verdict", [
    (ssl.TLSVersion.TLSv1_1, "unreachable"), (ssl.TLSVersion.TLSv1_2, "granted")])
def test_tls_1_2_is_the_oldest_accepted_version(version, verdict, enrolled, provider, certificate):
    provider.context = certificate.server_context(version)
    assert enrolled.verdict("alice") == verdict


def test_a_slow_answer_ends_the_login_at_the_deadline(enrolled, provider):
    enrolled.configure(provider, login={"deadline": "1s"})
    slow = Answer.json(TOKENS, hold=threading.Event())
    provider.queue("/token", slow)
    said = enrolled.run_json("verify", "alice")
    assert said["verdict"] == "unreachable"
    assert "within 1 s" in said["reason"]
    slow.hold.set()


@pytest.mark.parametrize("value", [None, ""])
def test_an_error_member_that_is_null_or_empty_is_ignored(value, enrolled, provider):
    def with_error(request):
        return Answer.json({**json.loads(provider.correct(request).body), "error": value})

    provider.queue("/token", with_error)
    assert [enrolled.verdict("alice") for _ in range(2)] == ["granted"] * 2


def test_json_is_accepted_whatever_its_content_type(enrolled, provider):
    for kind in ("text/html", "application/octet-stream", None):
        provider.queue("/token", Answer(200, json.dumps(TOKENS).encode(), {"Content-Type": kind}))
        assert enrolled.verdict("alice") == "granted"


def test_a_token_repeated_in_an_error_description_is_not_shown(enrolled, provider):
    def repeat(request):
        sent = request.form["refresh_token"]
        return error("access_denied", error_description=f"the token '{sent}' of bob is not liked")

    provider.queue("/token", repeat)
    result = enrolled.run("verify", "alice")
    assert "the token '[...]' of bob is not liked" in result.stderr
    assert provider.refresh_token("alice") not in result.stderr


def test_a_refusal_by_a_proxy_does_not_count_as_a_lost_answer(enrolled, provider):
    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self):
            self.send_error(403)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        enrolled.configure(provider, proxy=f"http://127.0.0.1:{proxy.server_address[1]}")
        assert enrolled.verdict("alice") == "unreachable"
        proxy.shutdown()
    enrolled.configure(provider)
    provider.revoke("alice")
    said = enrolled.run_json("verify", "alice")
    assert said["verdict"] == "reauthorize"
    assert "lost" not in said["reason"]
