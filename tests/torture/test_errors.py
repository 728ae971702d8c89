# SPDX-License-Identifier: BSD-2-Clause
"""One system call of a renewal fails, any of them, and the verdict is right and the grant alive."""

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

# Of the vocabulary, what a failure of ours may be. Not denied, which blames the person; not
# not-managed and not-enrolled, which open doors; reauthorize and granted when the provider says so.
FAILURES = {"unreachable", "misconfigured", "fault", ""}


@pytest.fixture
def world(corp, asker, host):
    """alice is managed as a member of a group, so that the name service decides too."""
    made = host.files.mark()
    for name in ("/etc/group", "/etc/gshadow"):
        with open(name, encoding="utf-8") as file:
            host.files.write(name, file.read())
    with open("/etc/group", "a", encoding="utf-8") as group:
        group.write("managed:x:4321:alice\n")
    host.files.write("/etc/oauth-login/oauth-login.conf.d/managed.conf",
                     "[login]\nmanaged_group = managed\n")
    yield World(corp, asker)
    host.files.restore(made)


def fail_everywhere(world, error, check):
    """check(struck) judges what came of a run in which one call failed."""
    def strike(call):
        return world.asker.fail(call, error, "verify", world.user)

    def check_failed(struck):
        assert struck.call.result == -error
        check(struck)

    world.restore()
    whole = world.asker.trace("verify", world.user)
    window = Window(whole, world.provider.port).indexes()
    calls = chosen(whole, window, 1) if every_call() else sample(whole, window, error)
    world.torment(calls, strike, check_failed)


def sample(whole, window, error):
    """EIO at every call on the store as well; the others at some calls of the window."""
    if error != errno.EIO:
        return chosen(whole, window[error % 4::4], STRIDE, start=7 * error)
    opened = next(call.index for call in whole.calls if call.object == str(STORE))
    return chosen(whole, (*range(opened, whole.stored()[0].index + 4), *window), STRIDE)


def next_login(world):
    world.begin()
    return world.asker.ask("verify", world.user), world.presented()


@pytest.mark.parametrize("name", ERRORS)
def test_a_failing_call_loses_nothing_outside_the_window(name, world, tally):
    matrix = f"{name}, rotating provider"

    def check(struck):
        run, window, token = struck.run, struck.window, struck.token
        assert run.verdict in FAILURES | {"granted", "reauthorize"}
        assert run.verdict != "granted" or 200 in world.answered
        assert run.verdict != "reauthorize" or 400 in world.answered
        assert world.presented() in ([], [token], [token] * 2), "one retry, never two"
        current, alive = world.token(), world.provider.alive(world.user)
        assert alive or window.holds(struck.call.index), "the family died outside the window"
        assert world.lock_is_free() and world.names() == world.saved_names()
        refused = run.verdict == "reauthorize"
        assert not refused or LOST in run.reason
        after, presented = next_login(world)
        if after.verdict == "granted":
            assert presented == [current]
            tally.count(matrix, f"{run.verdict or 'no answer'}, granted next")
            return
        assert after.verdict == "reauthorize" and LOST in after.reason, after.reason
        assert window.holds(struck.call.index), "lost outside the window"
        assert "/record." not in struck.call.object, "lost to a disk that failed once"
        tally.count(matrix, f"lost inside the window, at {struck.call.name}")

    fail_everywhere(world, ERRORS[name], check)


@pytest.mark.parametrize("name", ["ENOSPC", "EIO", "ENOMEM"] if every_call() else ["ENOMEM"])
def test_a_failing_call_lets_nobody_in_whom_the_provider_refuses(name, world, tally):
    world.provider.revoke("alice")
    world.save()

    def check(struck):
        assert struck.run.verdict in FAILURES | {"reauthorize"}
        after, presented = next_login(world)
        assert after.verdict == "reauthorize" and presented == [struck.token], after.reason
        tally.count(f"{name}, grant that was revoked", "refused next")

    fail_everywhere(world, ERRORS[name], check)
