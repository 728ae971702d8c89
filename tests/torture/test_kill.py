# SPDX-License-Identifier: BSD-2-Clause
"""A renewal's helper is killed at each of its system calls, and the next login is right.

The grant may be lost in one place only: behind the request, and before the write of what it
brought. Killing before call N + 1 is killing after call N, so each call is killed in one way.
"""

import signal

import pytest
from traced import every_call
from world import LOST, Window, World, chosen

STRIDE = 1 if every_call() else 17


@pytest.fixture
def world(corp, asker):
    return World(corp, asker)


def kill_everywhere(world, check, share=1):
    """check(struck) judges what a helper left behind that was killed; share: of the calls that a
    sample has."""
    def strike(call):
        return world.asker.kill(call, "verify", world.user)

    def check_killed(struck):
        assert struck.call.result is None and struck.run.status == signal.SIGKILL
        assert_store_is_whole(world)
        check(struck)

    world.restore()
    whole = world.asker.trace("verify", world.user)
    window = Window(whole, world.provider.port).indexes()
    share = 1 if every_call() else share
    world.torment(chosen(whole, window[::share], STRIDE * share), strike, check_killed)


def assert_store_is_whole(world):
    assert world.lock_is_free()
    assert world.names() == world.saved_names()
    status = world.asker.ask("status", world.user)
    assert status.verdict == "granted" and status.enrolled, status.reason


def next_login(world):
    """(run, the tokens that it sent)."""
    world.begin()
    return world.asker.ask("verify", world.user), world.presented()


def test_a_rotation_is_lost_only_between_the_request_and_the_write_of_its_answer(world, tally):
    lost = []

    def check(struck):
        current = world.token()
        is_lost = current != struck.token and not struck.window.stored
        assert len(world.presented()) <= bool(struck.window.sent), "a request that was not sent"
        assert world.presented() in ([], [struck.token])
        after, presented = next_login(world)
        assert presented == [struck.token if is_lost else current], "once, with what is stored"
        if not is_lost:
            assert after.verdict == "granted", after.reason
            tally.count("kill, rotating provider", "granted next")
            return
        assert struck.window.holds(struck.call.index), "lost outside the window"
        lost.append(struck.call.index)
        tally.count("kill, rotating provider", "lost inside the window")
        for login in (after, next_login(world)[0]):
            assert login.verdict == "reauthorize" and LOST in login.reason, login.reason

    kill_everywhere(world, check)
    assert len(lost) > 10, "the window was hardly hit"


def test_an_answer_without_rotation_is_never_lost(world, tally):
    world.provider.rotate = False

    def check(struck):
        assert world.presented() in ([], [struck.token])
        assert len(world.presented()) <= bool(struck.window.sent)
        after, presented = next_login(world)
        assert after.verdict == "granted" and presented == [struck.token], after.reason
        tally.count("kill, provider that keeps its tokens", "granted next")

    kill_everywhere(world, check, share=6)


def test_a_refused_renewal_lets_nobody_in_wherever_its_helper_dies(world, tally):
    world.provider.revoke("alice")
    world.save()

    def check(struck):
        assert struck.run.verdict in ("", "reauthorize")
        assert len(world.presented()) <= bool(struck.window.sent)
        after, presented = next_login(world)
        assert after.verdict == "reauthorize" and presented == [struck.token], after.reason
        tally.count("kill, grant that was revoked", "refused next")

    kill_everywhere(world, check, share=6)
