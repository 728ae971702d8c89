# SPDX-License-Identifier: BSD-2-Clause
"""Enrolling and unenrolling while the helper is killed: it is done or not, and leaves nothing."""

import signal

import pytest
from scripted_server import Answer
from traced import every_call
from world import LOST, World, chosen

STRIDE = 1 if every_call() else 89
DISCOVERY = 1  # requests that an import sends before its renewal
DONE_OR_NOT = {"granted", "not-enrolled"}


def kill_everywhere(world, operation, check, given="", tried=None, before=0):
    """Runs the operation once for each call to try, kills the helper there, calls check(outcome).

    tried: chooses the calls of a complete run. before: see Window.
    """
    def interfere(call):
        return world.caller.kill(call, operation, world.user, given=given)

    def check_killed(outcome):
        assert outcome.call.result is None and outcome.run.status == signal.SIGKILL
        check(outcome)

    world.restore()
    whole = world.caller.trace(operation, world.user, given=given)
    assert whole.verdict == "granted", whole.reason
    calls = tried(whole) if tried else chosen(whole, whole.changing(), STRIDE)
    world.try_calls(calls, interfere, check_killed, before)


def hidden(world):
    """Unfinished entries in the store."""
    return [name for name in world.names() if "/." in name]


def import_again(world, given):
    """Runs the import again, which removes what an earlier one has left unfinished."""
    world.begin()
    run = world.caller.ask("import", world.user, given=given)
    assert hidden(world) == []
    return run


def verify(world):
    run = world.caller.ask("verify", world.user)
    assert run.verdict in DONE_OR_NOT, run.reason
    return run.verdict


@pytest.fixture
def first(oauth_login, provider, alice, caller):
    """An empty store; alice has a grant at the provider."""
    oauth_login.configure(provider)
    provider.issue_grant("alice")
    return World(provider, caller)


def test_a_killed_first_import_can_be_completed(first, tally):
    given = first.token()

    def check(outcome):
        is_lost = first.token() != given and not outcome.window.stored
        assert len(hidden(first)) <= 4, "at most one unfinished entry"
        verdict = verify(first)
        again = import_again(first, given)
        if is_lost:
            assert outcome.window.sent and verdict == "not-enrolled"
            assert again.verdict == "reauthorize" and LOST in again.reason, again.reason
            again = import_again(first, first.provider.issue_grant("alice"))
        assert again.verdict == "granted", again.reason
        assert verify(first) == "granted"
        tally.count("kill, first import", "lost inside the window" if is_lost else
                    f"{verdict} and then imported")

    kill_everywhere(first, "import", check, given, before=DISCOVERY)


def test_a_killed_import_leaves_an_earlier_grant_in_place(corp, caller, tally):
    given = corp.issue_grant("alice")
    corp._families.reverse()  # so that refresh_token() returns that of the old grant
    world = World(corp, caller)

    def check(outcome):
        assert verify(world) == "granted"
        again = import_again(world, given)
        lost = again.verdict == "reauthorize"
        assert again.verdict == "granted" or (lost and LOST in again.reason), again.reason
        assert not lost or (outcome.window.sent and not outcome.window.stored)
        assert verify(world) == "granted", "the old grant, or the new one"
        tally.count("kill, import beside a grant",
                    "lost inside the window" if lost else "imported")

    kill_everywhere(world, "import", check, given)


@pytest.fixture
def device(first):
    """A provider with device authorization, where every code is approved at once."""
    provider = first.provider
    provider.discovery["device_authorization_endpoint"] = f"{provider.issuer}/device"
    code = Answer.json({"device_code": "dev-1234", "user_code": "WDJB-MJHT", "interval": 1,
                        "expires_in": 60, "verification_uri": f"{provider.issuer}/go"})

    def answer(request):
        if request.path == "/device":
            return code
        if "device_code" not in request.form:
            return provider.correct(request)
        given = {"client_id": provider.client_id, "grant_type": "refresh_token",
                 "refresh_token": provider.issue_grant("alice")}
        return provider.correct(type("Request", (), {
            "path": "/token", "method": "POST", "headers": {}, "form": given}))

    provider.answer = answer
    return first


def test_a_killed_enrollment_is_done_or_not_done(device, tally):
    """Tries fewer calls, because each run waits a second before it asks for the approval."""
    def tried(whole):
        asked = whole.sent(device.provider.port)[2].index
        stride = 3 if every_call() else 97
        return chosen(whole, range(asked, len(whole.calls), stride), 7 * stride)

    def check(_struck):
        verdict = verify(device)
        again = import_again(device, device.provider.issue_grant("alice"))
        assert again.verdict == "granted", again.reason
        assert verify(device) == "granted"
        tally.count("kill, enrollment", verdict)

    kill_everywhere(device, "enroll", check, tried=tried)


@pytest.fixture
def leaving(oauth_login, provider, alice, caller):
    """alice is enrolled at a provider that revokes grants."""
    provider.discovery["revocation_endpoint"] = f"{provider.issuer}/revoke"
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    world = World(provider, caller)

    def answer(request):
        if request.path != "/revoke":
            return provider.correct(request)
        for family in provider._families:
            family.alive = family.alive and family.refresh_token != request.form["token"]
        return Answer(200)

    provider.answer = answer
    return world


@pytest.mark.parametrize("operation", ["unenroll", "forget"])
def test_a_killed_unenrollment_is_done_or_not_done(operation, leaving, tally):
    def check(_struck):
        verdict = verify(leaving)
        again = leaving.caller.ask(operation, "alice")
        assert again.verdict in DONE_OR_NOT, again.reason
        assert not leaving.provider.alive("alice"), "it is revoked at last"
        assert verify(leaving) == "not-enrolled"
        assert import_again(leaving, leaving.provider.issue_grant("alice")).verdict == "granted"
        tally.count(f"kill, {operation}", verdict)

    kill_everywhere(leaving, operation, check)
