# SPDX-License-Identifier: BSD-2-Clause
"""A helper that was taken over by what a provider answered, and what it tries then; breakout.c."""

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

# What a kernel may lack, and what it is left out by.
GUARDS = {"Landlock": "sandbox_files_restrict", "seccomp": "sandbox_calls_restrict"}


def build(directory, guards, attacks=True):
    """The helper under a kernel with these guards only; without attacks, an honest one."""
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
    """Has its own programs put in place of the helper, and the helper back in the end."""

    def __init__(self, directory):
        self._directory = directory
        self._programs = {}
        self._real = Path(directory) / "real"
        run("cp", "-a", HELPER, str(self._real), check=True)

    def put(self, guards, attacks=True):
        key = (tuple(sorted(guards)), attacks)
        if key not in self._programs:
            self._programs[key] = build(self._directory, guards, attacks)
        self._place(self._programs[key])

    def restore(self):
        self._place(self._real)

    @staticmethod
    def _place(program):
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
    """Another process of the helper's user, as somebody else's helper is; easier prey than that,
    since it is dumpable. SIGUSR1 stays pending."""

    def __init__(self):
        def block():
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])

        owner = pwd.getpwnam("oauth-login")
        options = {**as_user("oauth-login"), "extra_groups": [owner.pw_gid]}
        self._child = subprocess.Popen(["sleep", "600"], preexec_fn=block, **options)
        self.pid = self._child.pid
        self._uid = owner.pw_uid

    def address(self):
        """Of something readable, in hexadecimal."""
        return Path(f"/proc/{self.pid}/maps").read_text().partition("-")[0]

    def was_signalled(self):
        process = HelperProcess(self.pid)
        pending = int(process.status("SigPnd")[0], 16) | int(process.status("ShdPnd")[0], 16)
        return bool(pending & 1 << (signal.SIGUSR1 - 1))

    def wait_until_alone(self):
        """No other process of this user runs, whatever its program."""
        def others():
            found = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
            return [pid for pid in found if pid != self.pid and _owner(pid) == self._uid]

        wait_until(lambda: not others(), "the intruder ends")

    def end(self):
        os.kill(self.pid, signal.SIGKILL)
        self._child.wait()


def _owner(pid):
    try:
        process = HelperProcess(pid)
        return None if process.status("State")[0] == "Z" else int(process.status("Uid")[0])
    except (FileNotFoundError, ProcessLookupError):
        return None
