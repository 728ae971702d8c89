# SPDX-License-Identifier: BSD-2-Clause
"""Running helpers: finding them, holding them at the provider, and reading their /proc files."""

import contextlib
import os
import select
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

HELPER = "/usr/libexec/oauth-login-helper"


@contextmanager
def held(provider, times=1):
    """The next renewals are carried out at once, but answered only when the yielded event is set.

    Leaving the context sets the event too, and waits until no helper is left.
    """
    release = threading.Event()
    provider.queue("/token", *[
        lambda request: replace(provider.correct(request), hold=release)] * times)
    try:
        yield release
    finally:
        release.set()
        for helper in running():
            helper.wait_for_end()


def held_helper(provider, requests):
    """Waits until the provider has had this many requests at /token; returns the only helper."""
    provider.wait_for_requests("/token", requests)
    (helper,) = running()
    return helper


def running():
    """The helpers of the machine under test."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [HelperProcess(pid) for pid in pids if _is_helper(pid)]


def wait_until(condition, what, timeout=10):
    """Polls the condition, where no event can be waited for; `what` names it in the failure."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout} s: {what}"
        time.sleep(0.01)


class HelperProcess:
    """The /proc files of a process, as root reads them."""

    def __init__(self, pid):
        self.pid = pid
        self.path = Path(f"/proc/{pid}")

    def status(self, field):
        lines = (self.path / "status").read_text().splitlines()
        (found,) = [line.partition(":")[2] for line in lines if line.startswith(f"{field}:")]
        return found.split()

    def stat(self, number):
        """A field of /proc/PID/stat by its number in proc(5), from 3 on."""
        return int((self.path / "stat").read_text().rpartition(")")[2].split()[number - 3])

    def limit(self, name):
        """(soft, hard) as text."""
        lines = (self.path / "limits").read_text().splitlines()
        (line,) = [line for line in lines if line.startswith(name)]
        return tuple(line[len(name):].split()[:2])

    def descriptors(self):
        """{number: link target}; a descriptor that is closed meanwhile is left out."""
        found = {}
        for entry in (self.path / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                found[int(entry.name)] = os.readlink(entry)
        return found

    def alive(self):
        return _is_helper(self.pid)

    def wait_for_end(self, timeout=10):
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            assert poll.poll(timeout * 1000), f"the helper still runs after {timeout} s"
        finally:
            os.close(handle)


def inherited(process):
    """The link targets of the descriptors over 2 that a program started by this process would
    inherit; fails if the process has no socket at all."""
    ends = {fd: end for fd, end in process.descriptors().items() if fd > 2}
    assert any("socket:" in end for end in ends.values())
    return [ends[fd] for fd in ends if not is_close_on_exec(process, fd)]


def is_close_on_exec(process, fd):
    flags = (process.path / "fdinfo" / str(fd)).read_text().split("flags:")[1].split()[0]
    return int(flags, 8) & os.O_CLOEXEC


def _is_helper(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe") == HELPER
    except OSError:  # it has ended, or is a kernel thread
        return False
