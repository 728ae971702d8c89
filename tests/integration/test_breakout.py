# SPDX-License-Identifier: BSD-2-Clause
"""Attacks by a provider that has taken over the helper of alice's login: the sandbox stops them.

Each attack is tried from inside the helper: under each guard alone, under both, and under none.
Without guards it must succeed; otherwise its failure would prove nothing.
"""

import ctypes
import re
import socket
from pathlib import Path

import pytest
from helper_process import running
from installation import STORE
from taken_over import GUARDS, Victim, taken_over

LANDLOCK, SECCOMP = GUARDS
EITHER, NOTHING = set(GUARDS), set()
BOB = f"{STORE}/accounts/bob"
MARK = "/tmp/breakout-was-here"

# {what would happen: (attack, argument, the guards each of which stops it)}
ATTACKS = {
    "bobs record is read": ("read", f"{BOB}/record.0", {LANDLOCK}),
    "bobs record is written": ("write", f"{BOB}/record.0", EITHER),
    "bobs record is truncated": ("truncate", f"{BOB}/record.0", EITHER),
    "bobs record is removed": ("unlink", f"{BOB}/record.0", EITHER),
    "bobs record is renamed": ("rename", f"{BOB}/record.0", EITHER),
    "bobs record gets a second name": ("link", f"{BOB}/record.0", EITHER),
    "bobs record is made readable": ("chmod", f"{BOB}/record.0", {SECCOMP}),
    "bobs entry is renamed": ("rename", BOB, EITHER),
    "bobs lock is written": ("write", f"{BOB}/lock", EITHER),
    "the enrolled accounts are listed": ("list", f"{STORE}/accounts", {LANDLOCK}),
    "an entry is made": ("mkdir", f"{STORE}/accounts/mallory", EITHER),
    "the master key is read": ("read", f"{STORE}/key", {LANDLOCK}),
    "the master key is replaced": ("rename", f"{STORE}/key", EITHER),
    "the clients secret is read": ("read", "/etc/oauth-login/corp.secret", {LANDLOCK}),
    "the configuration is read": ("read", "/etc/oauth-login/oauth-login.conf", {LANDLOCK}),
    "the list of accounts is read": ("read", "/etc/passwd", {LANDLOCK}),
    "a home is listed": ("list", "/home", {LANDLOCK}),
    "the helpers own memory map is read": ("read", "/proc/self/maps", {LANDLOCK}),
    "another helpers environment is read": ("read", "/proc/VICTIM/environ", {LANDLOCK}),
    "a file is made in the store": ("create", f"{STORE}/loot", EITHER),
    "a file is made in tmp": ("create", MARK, EITHER),
    "a file is made in shared memory": ("create", "/dev/shm/breakout", EITHER),
    "a file is made in var tmp": ("create", "/var/tmp/breakout", EITHER),
    "a link is made": ("symlink", MARK, EITHER),
    "a file is made in memory": ("memfd", "", {SECCOMP}),
    "another helper is signalled": ("kill", "VICTIM", EITHER),
    "another helpers thread is signalled": ("tgkill", "VICTIM", EITHER),
    "another helper is signalled by descriptor": ("pidfd", "VICTIM", EITHER),
    "another helper is signalled as a descriptors owner": ("setown", "VICTIM", EITHER),
    "another helper is traced": ("ptrace", "VICTIM", EITHER),
    "another helpers memory is read": ("process_vm_readv", "VICTIM/ADDRESS", EITHER),
    "a program is started": ("exec", MARK, EITHER),
    "a process is started": ("fork", "", {SECCOMP}),
    "a local socket is opened": ("socket", str(int(socket.AF_UNIX)), {SECCOMP}),
    "the log socket is connected to": ("connect", "/dev/log", {SECCOMP}),
    "the log socket is connected to from a socketpair": ("socketpair", "/dev/log", {SECCOMP}),
    "a port is bound": ("bind", "2222", {LANDLOCK}),
    "a port is listened on": ("listen", "", {SECCOMP}),
    "a key is planted": ("add_key", "", {SECCOMP}),
    "the session keyring is looked up": ("keyctl", "", {SECCOMP}),
    "limits are set": ("setrlimit", "", {SECCOMP}),
    "the helper makes itself dumpable": ("prctl", "", {SECCOMP}),
    "the helper changes its personality": ("personality", "", {SECCOMP}),
}

# Attacks that this machine may forbid anyway: without guards they need not succeed.
MORE = {
    "the configuration is written": ("write", "/etc/oauth-login/oauth-login.conf", EITHER),
    "a file system is mounted": ("mount", "/mnt", {SECCOMP}),
    "a user namespace is made": ("unshare", "", {SECCOMP}),
    "a bpf map is made": ("bpf", "", {SECCOMP}),
    "an io_uring is opened": ("io_uring", "", {SECCOMP}),
    "page faults are watched": ("userfaultfd", "", {SECCOMP}),
    **{f"a socket of {family.name} is opened": ("socket", str(int(family)), {SECCOMP})
       for family in socket.AddressFamily
       if family.name not in ("AF_UNSPEC", "AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK")},
}

LANDLOCK_CREATE_RULESET = 444  # on every architecture; with flag 1 it returns the ABI
ABI = max(0, ctypes.CDLL(None).syscall(LANDLOCK_CREATE_RULESET, None, 0, 1))
WHOLE_ABI = 6
SINCE = {"truncate": 3, "bind": 4, **dict.fromkeys(("kill", "tgkill", "pidfd", "setown"), 6)}


def stopping(what):
    """The guards each of which stops this attack on this kernel: newer Landlocks cover more."""
    name, _, guards = {**ATTACKS, **MORE}[what]
    return guards - (NOTHING if ABI >= SINCE.get(name, 1) else {LANDLOCK})


@pytest.fixture(scope="module")
def helpers(installation):
    with taken_over() as programs:
        yield programs


@pytest.fixture
def victim():
    process = Victim()
    yield process
    process.end()


@pytest.fixture
def enrolled(oauth_login, provider, alice, bob, helpers):
    """alice and bob are enrolled anew, whatever an earlier attack has changed."""
    helpers.restore()
    provider.client_auth = "client_secret_basic"
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    oauth_login.enroll(provider, "bob")
    yield oauth_login
    helpers.restore()
    for left in (Path(MARK), Path("/dev/shm/breakout"), Path("/var/tmp/breakout")):
        left.unlink(missing_ok=True)


@pytest.fixture
def attack(enrolled, provider, helpers, victim):
    """Tries an attack under these guards; returns whether it succeeded."""
    def attempt(name, argument, guards):
        helpers.put(guards)
        argument = argument.replace("VICTIM", str(victim.pid)).replace("ADDRESS", victim.address())
        enrolled.configure(provider,
                           token_endpoint=f"https://breakout/{name}/{argument.lstrip('/')}")
        reply = enrolled.run_json("verify", "alice")
        if name in ("kill", "tgkill", "pidfd", "setown"):
            return victim.was_signalled()
        if name == "exec":
            victim.wait_until_alone()
            return Path(MARK).exists()
        assert reply["verdict"] == "unreachable" or guards and reply["verdict"] == "fault", reply
        assert "no such attack" not in reply["reason"]
        return reply["reason"].endswith("came through")

    return attempt


def names(attacks):
    ids = [name.replace(" ", "-") for name in attacks]
    return pytest.mark.parametrize("what", attacks, ids=ids)


@names({**ATTACKS, **MORE})
def test_an_attack_fails_under_all_guards(what, attack):
    name, argument, _ = {**ATTACKS, **MORE}[what]
    if not stopping(what):
        pytest.skip(f"this kernel's Landlock has ABI {ABI}: no guard covers this attack")
    assert not attack(name, argument, GUARDS)


@pytest.mark.parametrize("guard", GUARDS)
@names(ATTACKS)
def test_an_attack_is_stopped_by_each_guard_that_covers_it(what, guard, attack):
    name, argument, _ = ATTACKS[what]
    assert attack(name, argument, {guard}) == (guard not in stopping(what))


@names(ATTACKS)
def test_an_attack_succeeds_without_guards(what, attack):
    """Shows that the tests above can fail."""
    name, argument, _ = ATTACKS[what]
    assert attack(name, argument, NOTHING)


@pytest.mark.parametrize("mebibytes, fits", [(16, True), (256, False)])
def test_the_memory_of_a_helper_is_bounded(mebibytes, fits, attack):
    assert attack("memory", str(mebibytes), GUARDS) == fits


@pytest.mark.parametrize("guards", [NOTHING, {LANDLOCK}, {SECCOMP}], ids=" ".join)
def test_logins_work_on_a_kernel_that_lacks_some_guards(guards, enrolled, provider, helpers):
    helpers.put(guards, attacks=False)
    assert enrolled.verdict("alice") == "granted"


@pytest.mark.parametrize("guards, said", [
    (EITHER, r"Landlock ABI \d+ and seccomp are in force"),
    ({LANDLOCK}, r"Landlock ABI \d+ is in force, seccomp is missing"),
    ({SECCOMP}, "Landlock is missing.*; system calls are restricted"),
    (NOTHING, "Landlock is missing.*; system calls are not restricted either"),
], ids=["both", LANDLOCK, SECCOMP, "none"])
def test_the_helper_reports_which_guards_are_in_force(guards, said, enrolled, provider, helpers):
    helpers.put(guards)
    enrolled.configure(provider, token_endpoint="https://breakout/describe")
    reason = enrolled.run_json("verify", "alice")["reason"]
    assert re.search(said, reason), reason
    assert reason.endswith("(whole)") == (guards == EITHER and ABI >= WHOLE_ABI)


def test_a_helper_that_starts_a_program_is_killed(enrolled, provider, helpers):
    """No library starts a program by itself, so only this call kills the helper."""
    helpers.put(GUARDS)
    enrolled.configure(provider, token_endpoint="https://breakout/exec" + MARK)
    reply = enrolled.run_json("verify", "alice")
    assert reply["verdict"] == "fault", reply
    assert not running()
