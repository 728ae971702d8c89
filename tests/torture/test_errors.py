# SPDX-License-Identifier: BSD-2-Clause
"""Any one system call of a renewal fails: the verdict is right and the grant stays alive."""

import errno

import pytest
from installation import STORE
from traced import every_call
from world import LOST, Window, World, chosen

ERRORS = {
    "ENOSPC": errno.ENOSPC,
    "EIO": errno.EIO,
    "EINTR": errno.EINTR,
    "ENOMEM": errno.ENOMEM,
    "EAGAIN": errno.EAGAIN,
}
STRIDE = 53

# The verdicts that a local failure may have; "" is none. Never denied, which blames the person, nor
# not-managed and not-enrolled, which may let somebody in. reauthorize and granted only if the
# provider has said so.
FAILURES = {"unreachable", "misconfigured", "fault", ""}


@pytest.fixture
def world(corp, caller, host):
    """alice is managed as a member of a group, so that the verdict needs the name service too."""
    made = host.files.mark()
    for name in ("/etc/group", "/etc/gshadow"):
        with open(name, encoding="utf-8") as file:
            host.files.write(name, file.read())
    with open("/etc/group", "a", encoding="utf-8") as group:
        group.write("managed:x:4321:alice\n")
    host.files.write("/etc/oauth-login/oauth-login.conf.d/managed.conf",
                     "[login]\nmanaged_group = managed\n")
    yield World(corp, caller)
    host.files.restore(made)


def fail_everywhere(world, error, check):
    """Runs a renewal once for each call to try, lets that call fail, and calls check(outcome)."""
    def interfere(call):
        return world.caller.fail(call, error, "verify", world.user)

    def check_failed(outcome):
        assert outcome.call.result == -error
        check(outcome)

    world.restore()
    whole = world.caller.trace("verify", world.user)
    window = Window(whole, world.provider.port).indexes()
    calls = chosen(whole, window, 1) if every_call() else sample(whole, window, error)
    world.try_calls(calls, interfere, check_failed)


def sample(whole, window, error):
    """The calls to try: for EIO, every call on the store too; for others, part of the window."""
    if error != errno.EIO:
        return chosen(whole, window[error % 4::4], STRIDE, start=7 * error)
    opened = next(call.index for call in whole.calls if call.object == str(STORE))
    return chosen(whole, (*range(opened, whole.stored()[0].index + 4), *window), STRIDE)


def next_login(world):
    world.begin()
    return world.caller.ask("verify", world.user), world.presented()


@pytest.mark.parametrize("name", ERRORS)
def test_a_failing_system_call_loses_no_grant_outside_the_window(name, world, tally):
    matrix = f"{name}, rotating provider"

    def check(outcome):
        run, window, token = outcome.run, outcome.window, outcome.token
        assert run.verdict in FAILURES | {"granted", "reauthorize"}
        assert run.verdict != "granted" or 200 in world.answered
        assert run.verdict != "reauthorize" or 400 in world.answered
        assert world.presented() in ([], [token], [token] * 2), "one retry, never two"
        current, alive = world.token(), world.provider.alive(world.user)
        assert alive or window.holds(outcome.call.index), "the family died outside the window"
        assert world.lock_is_free() and world.names() == world.saved_names()
        refused = run.verdict == "reauthorize"
        assert not refused or LOST in run.reason
        after, presented = next_login(world)
        if after.verdict == "granted":
            assert presented == [current]
            tally.count(matrix, f"{run.verdict or 'no reply'}, granted next")
            return
        assert after.verdict == "reauthorize" and LOST in after.reason, after.reason
        assert window.holds(outcome.call.index), "lost outside the window"
        assert "/record." not in outcome.call.object, "lost to a disk that failed once"
        tally.count(matrix, f"lost inside the window, at {outcome.call.name}")

    fail_everywhere(world, ERRORS[name], check)


@pytest.mark.parametrize("name", ["ENOSPC", "EIO", "ENOMEM"] if every_call() else ["ENOMEM"])
def test_a_failing_system_call_lets_nobody_in_whom_the_provider_refuses(name, world, tally):
    world.provider.revoke("alice")
    world.save()

    def check(outcome):
        assert outcome.run.verdict in FAILURES | {"reauthorize"}
        after, presented = next_login(world)
        assert after.verdict == "reauthorize" and presented == [outcome.token], after.reason
        tally.count(f"{name}, grant that was revoked", "refused next")

    fail_everywhere(world, ERRORS[name], check)
