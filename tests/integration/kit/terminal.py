# SPDX-License-Identifier: BSD-2-Clause
"""A program on a terminal of its own, talked to as a person would."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import time

from process import as_user


class Terminal:
    """Runs argv, as root or with a user's ids and environment, with a new controlling terminal.

    options: more of Popen's. `output` is all it has written so far, carriage returns removed.
    """

    def __init__(self, *argv, user=None, **options):
        self.output = ""
        self.status = None
        self._argv = argv
        self._seen = 0  # expect() looks at output after this place
        self._master, slave = pty.openpty()
        fcntl.fcntl(self._master, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
        if user is not None:
            options = {**as_user(user), **options}
            os.fchown(slave, options["user"], -1)  # programs open their terminal by name, too
        # setsid makes the terminal controlling; preexec_fn would not be safe among threads.
        self._child = subprocess.Popen(
            ["setsid", "--ctty", *argv],
            stdin=slave, stdout=slave, stderr=slave, **{"cwd": "/", **options},
        )
        os.close(slave)

    def expect(self, pattern, timeout=10):
        """Waits until pattern comes after what was expected before; returns the match."""
        deadline = time.monotonic() + timeout
        while not (found := re.search(pattern, self.output[self._seen:])):
            if not self._read(deadline - time.monotonic()):
                raise AssertionError(
                    f"no {pattern!r} from {self._argv} within {timeout} s, only\n{self.output}"
                )
        self._seen += found.end()
        return found

    def send(self, text):
        os.write(self._master, text.encode())

    def send_line(self, text=""):
        self.send(text + "\n")

    def wait(self, timeout=10):
        """Reads until the program ended; returns its exit status, negative for a signal."""
        deadline = time.monotonic() + timeout
        while self._read(deadline - time.monotonic()):
            pass
        try:
            self.status = self._child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self._argv} did not end, wrote\n{self.output}") from None
        return self.status

    def children(self):
        """The processes that it has, zombies too."""
        pid = self._child.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]

    def close(self):
        """Hangs up, and ends the program if that doesn't."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1
        if self._child.poll() is None:
            self._child.send_signal(signal.SIGHUP)
            try:
                self._child.wait(2)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait(5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _read(self, timeout):
        """Adds what came to output; False at the end of it or of the time."""
        ready, _, _ = select.select([self._master], [], [], max(0, timeout))
        if not ready:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # EIO: nobody has the terminal open any more
            return False
        self.output += data.decode("utf-8", "backslashreplace").replace("\r", "")
        return bool(data)
