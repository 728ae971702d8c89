# SPDX-License-Identifier: BSD-2-Clause
"""The system log of the machine under test: everything that programs send to /dev/log."""

import os
import re
import socket
import threading

from lines import Lines

LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")

# <PRIORITY>Mmm dd hh:mm:ss TAG: TEXT, as glibc's syslog(3) writes it.
_MESSAGE = re.compile(rb"<(\d+)>(?:\w{3} [ \d]\d \d\d:\d\d:\d\d )?(.*)", re.DOTALL)


class Line(str):
    """A message such as "sshd[42]: text", without time and priority; `level` is that of syslog(3),
    `raw` the whole datagram."""

    level = None
    raw = b""

    @classmethod
    def parse(cls, datagram):
        found = _MESSAGE.fullmatch(datagram)
        priority, message = (int(found[1]), found[2]) if found else (5, datagram)
        line = cls(message.rstrip(b"\0\n").decode("utf-8", "backslashreplace"))
        line.level, line.raw = LEVELS[priority & 7], datagram
        return line


class SystemLog(Lines):
    """Listens on /dev/log from construction until close()."""

    def __init__(self, path="/dev/log"):
        super().__init__("the system log")
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(path)
        os.chmod(path, 0o666)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        # glibc never sends an empty datagram; recv returns one once close() shuts the socket down.
        while datagram := self._socket.recv(1 << 16):
            self.add(Line.parse(datagram))

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()
        os.unlink(self._path)
