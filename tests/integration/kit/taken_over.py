# SPDX-License-Identifier: BSD-2-Clause
"""Helpers that an answer of the provider has taken over, and their attacks; see breakout.c."""

import os
import pwd
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from helper_process import HELPER, HelperProcess, wait_until
from installation import CHECKOUT
from process import as_user, run

SOURCE = Path(__file__).with_name("breakout.c")
LIBRARIES = ("-lcurl", "-ljson-c", "-lcrypto", "-ljose", "-ljansson")

# Guards that an old kernel may lack, and the function that is replaced to leave each out.
GUARDS = {"Landlock": "sandbox_files_restrict", "seccomp": "sandbox_calls_restrict"}


def build(directory, guards, attacks=True):
    """Builds a helper that has only these guards, as on a kernel that lacks the others; without
    attacks, it behaves as usual. Returns its path."""
    program = Path(directory) / "-".join(["helper", *sorted(guards), str(attacks)])
    wrapped = [name for guard, name in GUARDS.items() if guard not in guards]
    wrapped += ["http_perform"] if attacks else []
    objects = [CHECKOUT / "build" / source.relative_to(CHECKOUT).with_suffix(".o")
               for room in ("common", "helper") for source in (CHECKOUT / room).rglob("*.c")]
    rooms = {source.parent for room in ("common", "helper")
             for source in (CHECKOUT / room).rglob("*.h")}
    run("gcc", "-D_GNU_SOURCE", *[f"-I{room}" for room in sorted(rooms)], "-o", str(program),
        str(SOURCE), *map(str, sorted(objects)),
        *[f"-Wl,--wrap={name}" for name in wrapped], *LIBRARIES, check=True)
    return program


class TakenOver:
    """Replaces the installed helper by programs of build(); restore() puts it back."""

    def __init__(self, directory):
        self._directory = directory
        self._programs = {}
        self._real = Path(directory) / "real"
        run("cp", "-a", HELPER, str(self._real), check=True)

    def put(self, guards, attacks=True):
        key = (tuple(sorted(guards)), attacks)
        if key not in self._programs:
            self._programs[key] = build(self._directory, guards, attacks)
        self._install(self._programs[key])

    def restore(self):
        self._install(self._real)

    @staticmethod
    def _install(program):
        run("install", "-m", "0755", str(program), HELPER, check=True)


@contextmanager
def taken_over():
    with tempfile.TemporaryDirectory(prefix="breakout-") as directory:
        programs = TakenOver(directory)
        try:
            yield programs
        finally:
            programs.restore()


class Victim:
    """Another process of the helper's user, in place of another login's helper. It is an easier
    target than that, because it is dumpable. SIGUSR1 is blocked and stays pending."""

    def __init__(self):
        def block():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])

        owner = pwd.getpwnam("oauth-login")
        options = {**as_user("oauth-login"), "extra_groups": [owner.pw_gid]}
        self._child = subprocess.Popen(["sleep", "600"], preexec_fn=block, **options)
        self.pid = self._child.pid
        self._uid = owner.pw_uid

    def address(self):
        """The address of something readable, in hexadecimal."""
        return Path(f"/proc/{self.pid}/maps").read_text().partition("-")[0]

    def was_signalled(self):
        process = HelperProcess(self.pid)
        pending = int(process.status("SigPnd")[0], 16) | int(process.status("ShdPnd")[0], 16)
        return bool(pending & 1 << (signal.SIGUSR1 - 1))

    def wait_until_alone(self):
        """Waits until no other process of this user runs, whatever its program."""
        def others():
            found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
            return [pid for pid in found if pid != self.pid and _owner(pid) == self._uid]

        wait_until(lambda: not others(), "the attacker has ended")

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        self._child.wait()


def _owner(pid):
    try:
        process = HelperProcess(pid)
        return None if process.status("State")[0] == "Z" else int(process.status("Uid")[0])
    except (FileNotFoundError, ProcessLookupError):
        return None
