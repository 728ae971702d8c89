# SPDX-License-Identifier: BSD-2-Clause
"""Lines that another process writes, collected as they arrive, so that a test can wait for one."""

import re
import threading


class Lines:
    """A growing list of lines; one thread adds, any thread waits."""

    def __init__(self, source):
        self._source = source  # named in messages, such as "the system log"
        self._lines = []
        self._grown = threading.Condition()

    def add(self, line):
        with self._grown:
            self._lines.append(line)
            self._grown.notify_all()

    def mark(self):
        """The present end of the list; since(mark) returns the lines added after it."""
        with self._grown:
            return len(self._lines)

    def since(self, mark=0):
        with self._grown:
            return self._lines[mark:]

    def matching(self, pattern, since=0):
        return [line for line in self.since(since) if re.search(pattern, line)]

    def wait_for(self, pattern, timeout=10, since=0, count=1):
        """Waits for the count-th matching line after the mark and returns it; on failure, names the
        lines that came."""
        with self._grown:
            if self._grown.wait_for(lambda: len(self.matching(pattern, since)) >= count, timeout):
                return self.matching(pattern, since)[count - 1]
        came = "\n  ".join(self.since(since)) or "(nothing)"
        raise AssertionError(f"no {pattern!r} in {self._source} within {timeout} s, only\n  {came}")
