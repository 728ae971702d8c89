# SPDX-License-Identifier: BSD-2-Clause
"""A renewal's helper is killed at each of its system calls, and the next login is right.

The grant may be lost only between the request and the write of the tokens that it brought. To kill
before call N + 1 is to kill after call N, so the helper is killed once for each call.
"""

import signal

import pytest
from traced import every_call
from world import LOST, Window, World, chosen

STRIDE = 1 if every_call() else 17


@pytest.fixture
def world(corp, caller):
    return World(corp, caller)


def kill_everywhere(world, check, share=1):
    """Runs a renewal once for each call to try, kills the helper there, and calls check(outcome).

    share: try only one in `share` of the calls that would otherwise be tried.
    """
    def interfere(call):
        return world.caller.kill(call, "verify", world.user)

    def check_killed(outcome):
        assert outcome.call.result is None and outcome.run.status == signal.SIGKILL
        assert_store_is_whole(world)
        check(outcome)

    world.restore()
    whole = world.caller.trace("verify", world.user)
    window = Window(whole, world.provider.port).indexes()
    share = 1 if every_call() else share
    world.try_calls(chosen(whole, window[::share], STRIDE * share), interfere, check_killed)


def assert_store_is_whole(world):
    assert world.lock_is_free()
    assert world.names() == world.saved_names()
    status = world.caller.ask("status", world.user)
    assert status.verdict == "granted" and status.enrolled, status.reason


def next_login(world):
    """(run, the refresh tokens that it sent)."""
    world.begin()
    return world.caller.ask("verify", world.user), world.presented()


def test_a_killed_helper_loses_a_rotation_only_between_request_and_write(world, tally):
    lost = []

    def check(outcome):
        current = world.token()
        is_lost = current != outcome.token and not outcome.window.stored
        assert len(world.presented()) <= bool(outcome.window.sent), "a request that was not sent"
        assert world.presented() in ([], [outcome.token])
        after, presented = next_login(world)
        assert presented == [outcome.token if is_lost else current], "once, with what is stored"
        if not is_lost:
            assert after.verdict == "granted", after.reason
            tally.count("kill, rotating provider", "granted next")
            return
        assert outcome.window.holds(outcome.call.index), "lost outside the window"
        lost.append(outcome.call.index)
        tally.count("kill, rotating provider", "lost inside the window")
        for login in (after, next_login(world)[0]):
            assert login.verdict == "reauthorize" and LOST in login.reason, login.reason

    kill_everywhere(world, check)
    assert len(lost) > 10, "too few kills were inside the window"


def test_without_rotation_a_killed_helper_never_loses_the_grant(world, tally):
    world.provider.rotate = False

    def check(outcome):
        assert world.presented() in ([], [outcome.token])
        assert len(world.presented()) <= bool(outcome.window.sent)
        after, presented = next_login(world)
        assert after.verdict == "granted" and presented == [outcome.token], after.reason
        tally.count("kill, provider that keeps its tokens", "granted next")

    kill_everywhere(world, check, share=6)


def test_a_refused_renewal_lets_nobody_in_wherever_its_helper_dies(world, tally):
    world.provider.revoke("alice")
    world.save()

    def check(outcome):
        assert outcome.run.verdict in ("", "reauthorize")
        assert len(world.presented()) <= bool(outcome.window.sent)
        after, presented = next_login(world)
        assert after.verdict == "reauthorize" and presented == [outcome.token], after.reason
        tally.count("kill, grant that was revoked", "refused next")

    kill_everywhere(world, check, share=6)
