# SPDX-License-Identifier: BSD-2-Clause
"""The resident helper, and peers that exchange frames with it byte by byte."""

import os
import signal
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

from helper_process import HELPER, HelperProcess, wait_until

SOCKET = Path("/run/oauth-login/helper.sock")
VERDICTS = ("none", "granted", "granted-offline", "denied", "reauthorize", "not-enrolled",
            "not-managed", "unreachable", "misconfigured", "not-permitted", "fault")
OPERATIONS = range(1, 14)
(VERIFY, TOKEN, IMPORT, STATUS, LIST, ENROLL, UNENROLL, FORGET, BROWSER, DOCTOR, FRESH_TOKEN, WATCH,
 LOGOUT) = OPERATIONS
NOTICE, ENTRY, REPLY = 2, 3, 4


class Resident:
    """A resident helper that root starts on a socket that it makes; end it with end()."""

    def __init__(self, *options, wrapper=(), env=None):
        before = SOCKET.lstat().st_ino if SOCKET.exists() else None
        self.child = subprocess.Popen(
            [*wrapper, HELPER, "--listen", str(SOCKET), *options], stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, encoding="utf-8", env=env)
        wait_until(lambda: SOCKET.exists() and SOCKET.lstat().st_ino != before, "it listens")

    @property
    def process(self):
        return HelperProcess(self.child.pid)

    def children(self):
        return children_of(self.child.pid)

    def stop(self, number=signal.SIGTERM):
        """Signals the helper and returns its exit status; its children continue."""
        self.child.send_signal(number)
        return self.child.wait(5)

    def end(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait(5)
        self.child.stderr.close()
        SOCKET.unlink(missing_ok=True)


class Activation:
    """Holds the listening socket, as a service manager does, whether or not a helper runs."""

    def __init__(self):
        SOCKET.parent.mkdir(mode=0o755, exist_ok=True)
        SOCKET.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(SOCKET))
        SOCKET.chmod(0o666)
        self.listener.listen(64)
        self.child = None

    def start(self):
        """Starts the helper as its unit does: User=oauth-login, the socket as descriptor 3."""
        launch = f'exec 3<&{self.listener.fileno()} && LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
        self.child = subprocess.Popen(
            ["setpriv", "--reuid=oauth-login", "--regid=oauth-login", "--clear-groups",
             "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs",
             "bash", "-c", launch, "bash", HELPER, "--serve"],
            stdin=subprocess.DEVNULL, pass_fds=(self.listener.fileno(),))

    def stop(self):
        if self.child:
            self.child.terminate()
            assert self.child.wait(5) == 0
            self.child = None

    def end(self):
        self.stop()
        self.listener.close()
        SOCKET.unlink(missing_ok=True)


def is_listening():
    """Whether the socket listens, by the kernel's list: connecting would start the service."""
    lines = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()]
    return any(line[-1] == str(SOCKET) and line[3] == "00010000" for line in lines)


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def acting_as(user):
    """Acts with the effective uid of this user, or of root for None: the kernel records it when a
    peer connects or listens."""
    os.seteuid(user.uid if user else 0)
    try:
        yield
    finally:
        os.seteuid(0)


def connect(user=None):
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(15)
    with acting_as(user):
        peer.connect(str(SOCKET))
    return peer


def request(operation, user, service="test"):
    """A REQUEST frame as in common/protocol.h."""
    def text(value):
        data = value.encode()
        return len(data).to_bytes(4, "big") + data
    rest = (bytes([1, 1, operation]) + text(user) + text(service) + b"\xff" * 12 + text(""))
    return len(rest).to_bytes(4, "big") + rest


def read_frames(peer):
    """Reads until the other end hangs up; returns [(type, fields), ...]."""
    data = b""
    try:
        while more := peer.recv(65536):
            data += more
    except ConnectionResetError:  # it hung up before it had read everything that was sent
        pass
    frames = []
    while data:
        size = int.from_bytes(data[:4], "big")
        assert len(data) >= 4 + size, data
        frames.append((data[5], data[6:4 + size]))
        data = data[4 + size:]
    return frames


def reply_of(frames):
    """(verdict, provider, reason, message) of the last frame, which is a REPLY."""
    kind, fields = frames[-1]
    assert kind == REPLY, frames
    texts, rest = [], fields[3:]
    for _ in range(3):
        size = int.from_bytes(rest[:4], "big")
        texts.append(rest[4:4 + size].decode("ascii"))
        rest = rest[4 + size:]
    return VERDICTS[fields[0]], *texts


def ask(operation, account, user=None):
    """Sends a request; returns the frames of the reply. user: the caller, None for root."""
    with connect(user) as peer:
        peer.sendall(request(operation, account))
        return read_frames(peer)
