# SPDX-License-Identifier: BSD-2-Clause
"""Failures of the network or the provider: none lets a user in, the login ends in time, and the
next login works."""

import re

import pytest
from fault_proxy import (FaultProxy, corrupted, cut, dribbled, dropped, garbage, plain, relay,
                         reset, silent)
from helper_process import running
from scripted_provider import ScriptedProvider
from scripted_server import Answer

DEADLINE = 2  # seconds


@pytest.fixture
def login(host, corp, oauth_login, pam_host):
    """Logs alice in by PAM within the deadline and one more second; returns the code."""
    pam_host.serve(f"deadline={DEADLINE}s")

    def run():
        mark = host.log.mark()
        (code,) = pam_host.run("alice").codes
        line = host.log.wait_for(r"alice: .*\(verdict=", since=mark)
        assert int(re.search(r" ms=(\d+)", str(line))[1]) <= (DEADLINE + 1) * 1000
        return code
    return run


def wait_for_helpers():
    """Waits until a helper that outlives its login has finished its renewal."""
    for helper in running():
        helper.wait_for_end()


BELOW_HTTP = {
    "dropped": dropped, "reset": reset, "silent": silent, "no TLS": plain, "garbage": garbage,
    "cut in the handshake": cut(50), "broken handshake": corrupted(40),
    "broken certificate": corrupted(700), "dribbled handshake": dribbled(0.05),
}


@pytest.mark.parametrize("name", BELOW_HTTP)
def test_a_broken_connection_lets_nobody_in_and_costs_no_grant(name, login, corp, oauth_login):
    sent = len(corp.requests("/token"))
    with FaultProxy(corp.port, BELOW_HTTP[name]) as proxy:
        oauth_login.configure(corp, token_endpoint=proxy.address("/token"))
        assert login() == "AUTHINFO_UNAVAIL"
        assert proxy.connections == 1, "one connection, to the proxy"
    assert len(corp.requests("/token")) == sent, "no token left the machine"
    oauth_login.configure(corp)
    assert login() == "SUCCESS"


def test_a_provider_that_does_not_listen_lets_nobody_in(login, corp):
    corp.stop()
    assert login() == "AUTHINFO_UNAVAIL"
    corp.start()
    assert login() == "SUCCESS"


TOKENS = {"access_token": "a-b.c", "token_type": "Bearer", "expires_in": 300}

ANSWERS = {
    "cut before the answer": [Answer.json(TOKENS, cut="before")] * 2,
    "cut in the headers": [Answer.json(TOKENS, cut="headers")] * 2,
    "cut in the body": [Answer.json(TOKENS, cut="body", reset=True)] * 2,
    "delayed": [Answer(503, delay=DEADLINE + 0.5)],
    "dribbled": [Answer(503, b"<h1>not now</h1>" * 4, dribble=(DEADLINE + 0.5) / 64)],
    "endless": [Answer(200, b" " * 1000, endless=True)],
    "header flood": [Answer(200, b"{}", {f"X-{n}": "y" * 1000 for n in range(100)})],
    "429": [Answer(429, headers={"Retry-After": "30"})],
    "500": [Answer(500, b"<h1>oops</h1>")],
    "503 with Retry-After": [Answer(503, headers={"Retry-After": "30"})],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_failing_provider_lets_nobody_in_and_costs_no_grant(name, login, corp):
    corp.queue("/token", *ANSWERS[name])
    assert login() == "AUTHINFO_UNAVAIL"
    wait_for_helpers()
    assert login() == "SUCCESS"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status, login, corp, certificate, authority):
    with ScriptedProvider(certificate, authority.file) as elsewhere:
        corp.queue("/token", Answer.redirect(f"{elsewhere.issuer}/token", status))
        assert login() == "AUTHINFO_UNAVAIL"
        assert not elsewhere.requests()
    assert login() == "SUCCESS"


def test_an_answer_corrupted_on_its_way_counts_as_lost(login, corp, oauth_login):
    """The renewal is carried out each time; while the old token is valid, the next login works."""
    corp.rotate = False
    sent = len(corp.requests("/token"))
    with FaultProxy(corp.port, corrupted_after_request(corp)) as proxy:
        oauth_login.configure(corp, token_endpoint=proxy.address("/token"))
        assert login() == "AUTHINFO_UNAVAIL"
        assert proxy.connections == 2
    assert len(corp.requests("/token")) == sent + 2
    oauth_login.configure(corp)
    assert login() == "SUCCESS"


def test_a_grant_lost_with_a_corrupted_answer_is_refused_and_explained(
        host, login, corp, oauth_login):
    mark = host.log.mark()
    with FaultProxy(corp.port, corrupted_after_request(corp)) as proxy:
        oauth_login.configure(corp, token_endpoint=proxy.address("/token"))
        assert login() == "AUTHINFO_UNAVAIL"
    oauth_login.configure(corp)
    assert login() == "PERM_DENIED"
    host.log.wait_for("verdict=reauthorize .*lost", since=mark)


def test_an_error_of_a_gateway_may_hide_a_renewal_and_counts_as_lost(host, login, corp):
    """The provider after the gateway may have carried out the renewal."""
    def answer(request):
        corp.correct(request)
        return Answer(502)

    mark = host.log.mark()
    corp.queue("/token", answer)
    assert login() == "AUTHINFO_UNAVAIL"
    assert login() == "PERM_DENIED"
    host.log.wait_for("verdict=reauthorize .*lost", since=mark)


def test_a_lost_answer_is_remembered_across_a_refusal_of_the_client(host, login, corp, oauth_login):
    mark = host.log.mark()
    with FaultProxy(corp.port, corrupted_after_request(corp)) as proxy:
        oauth_login.configure(corp, token_endpoint=proxy.address("/token"))
        assert login() == "AUTHINFO_UNAVAIL"
    oauth_login.configure(corp)
    corp.queue("/token", Answer.json({"error": "invalid_client"}, 401))
    assert login() == "SERVICE_ERR"
    oauth_login.configure(corp, groups_claim="roles")  # changed settings end the backoff
    assert login() == "PERM_DENIED"
    host.log.wait_for("verdict=reauthorize .*lost", since=mark)


def corrupted_after_request(provider):
    """Corrupts the provider's data once it has received a request."""
    def fault(client, server, stopping):
        before = len(provider.requests("/token"))

        def pass_on(data):
            changed = bytearray(data)
            if len(provider.requests("/token")) > before:
                changed[20] ^= 1  # in the first record: the last may be only a close_notify
            yield bytes(changed)
        relay(client, server, stopping, pass_on)
    return fault
