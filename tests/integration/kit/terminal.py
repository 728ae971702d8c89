# SPDX-License-Identifier: BSD-2-Clause
"""A program on a terminal of its own, used as a person would use it."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import time

from process import as_user


# pam_systemd tells the terminal by OSC 3008 what runs in it, from systemd 258 on.
CONTEXT = re.compile(r"\x1b\]3008;[^\x1b]*(?:\x1b\\|\x1b?\Z)")


class Terminal:
    """Runs argv, as root or with a user's ids and environment, with a new controlling terminal.

    options: more for Popen. `output` is all its output so far, without carriage returns and without
    what systemd tells the terminal.
    """

    def __init__(self, *argv, user=None, **options):
        self.output = self._raw = ""
        self.status = None
        self._argv = argv
        self._seen = 0  # expect() searches the output after this offset
        self._master, slave = pty.openpty()
        fcntl.fcntl(self._master, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
        if user is not None:
            options = {**as_user(user), **options}
            os.fchown(slave, options["user"], -1)  # programs also open their terminal by name
        # setsid makes it the controlling terminal; preexec_fn is not safe with threads.
        self._child = subprocess.Popen(
            ["setsid", "--ctty", *argv],
            stdin=slave, stdout=slave, stderr=slave, **{"cwd": "/", **options},
        )
        os.close(slave)

    def expect(self, pattern, timeout=10):
        """Waits for pattern in the output after the last match; returns the new match."""
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
        """Reads until the program has ended; returns its exit status, negative for a signal."""
        deadline = time.monotonic() + timeout
        while self._read(deadline - time.monotonic()):
            pass
        try:
            self.status = self._child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self._argv} did not end, wrote\n{self.output}") from None
        return self.status

    def children(self):
        """The pids of its children, including zombies."""
        pid = self._child.pid
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(child) for child in file.read().split()]

    def close(self):
        """Hangs up, and kills the program if that does not end it."""
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

    def _is_reopened(self, timeout):
        """login(1) hangs the terminal up and opens it again. False if the program has ended."""
        try:
            self._child.wait(min(0.05, max(0, timeout)))
        except subprocess.TimeoutExpired:
            return timeout > 0
        return False

    def _read(self, timeout):
        """Adds new data to the output; False at its end, or when the time is over."""
        ready, _, _ = select.select([self._master], [], [], max(0, timeout))
        if not ready:
            return False
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # EIO: no process has the terminal open any more
            return self._is_reopened(timeout)
        self._raw += data.decode("utf-8", "backslashreplace").replace("\r", "")
        self.output = CONTEXT.sub("", self._raw)
        return bool(data)
