# SPDX-License-Identifier: BSD-2-Clause
"""GDM's own PAM program, driven as GDM's daemon drives it.

GDM's daemon never calls PAM. For each login it starts gdm-session-worker, which calls PAM and asks
the daemon over D-Bus for each answer that it needs from the person. The worker is Debian's, and so
is everything that it talks to; only the daemon is played by this module. To unlock the screen, the
desktop's shell talks to the worker of the login, which starts another worker.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from dbus_peer import Peer, Refused, accept, connect
from installation import CHECKOUT

PACKAGE = CHECKOUT / "build" / "gdm3"
WORKER = "usr/libexec/gdm-session-worker"
FILES = {WORKER: 0o755, "usr/libexec/accounts-daemon": 0o755, "usr/share/gdm/gdm.schemas": 0o644}
SERVICE = "gdm-password"
# The session's program: it runs the commands that come over a connection.
PROGRAM = """bash -c 'exec <>/dev/tcp/127.0.0.1/{} >&0 2>&0
while read -r command; do eval "$command"; echo "end=$?"; done'"""
PATIENCE = 10  # seconds to wait for a program
ENDS = ("VerificationComplete", "VerificationFailed", "ServiceUnavailable")
BUS = """
<busconfig>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{}</servicedir>
  <policy context="default">
    <allow send_destination="*"/> <allow receive_sender="*"/>
    <allow own="*"/> <allow user="*"/>
  </policy>
</busconfig>
"""
STARTED_BY_THE_BUS = {"org.freedesktop.Accounts": "/usr/libexec/accounts-daemon",
                      "org.freedesktop.PolicyKit1": "/usr/lib/polkit-1/polkitd --no-debug"}


def fetched():
    """Whether `make check` could fetch the package."""
    return (PACKAGE / WORKER).exists()


def debian_stack():
    """/etc/pam.d/gdm-password of the package."""
    return (PACKAGE / "etc/pam.d" / SERVICE).read_text()


class SystemBus:
    """A D-Bus system bus, where the worker looks up people's settings, such as their language."""

    def __init__(self):
        self._directory = tempfile.TemporaryDirectory(prefix="bus-")
        directory = Path(self._directory.name)
        for name, program in STARTED_BY_THE_BUS.items():
            (directory / f"{name}.service").write_text(
                f"[D-BUS Service]\nName={name}\nExec={program}\n")
        (directory / "bus.conf").write_text(BUS.format(directory))
        Path("/run/dbus").mkdir()
        self._bus = subprocess.Popen(
            ["dbus-daemon", f"--config-file={directory}/bus.conf", "--nofork", "--print-address"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._bus.stdout.readline().startswith(b"unix:")

    def end(self):
        """Ends the bus and the services that it has started."""
        self._bus.terminate()
        self._bus.wait(PATIENCE)
        self._bus.stdout.close()
        self._directory.cleanup()
        shutil.rmtree("/run/dbus")


@dataclass(frozen=True)
class Outcome:
    refused_by: str  # the method or the signal that refused; "" for success
    said: tuple  # the messages that the person read


class Gdm:
    """Logs one user in, and unlocks the screen of that session; end it with end()."""

    def __init__(self, host, user):
        for name, mode in FILES.items():
            host.files.write(f"/{name}", (PACKAGE / name).read_bytes(), mode=mode)
        self._user = user
        self._directory = tempfile.TemporaryDirectory(prefix="gdm-")
        self._peer = self._session = self._worker = None
        self._bus = SystemBus()

    def log_in(self, password):
        """Takes the steps of a login until one is refused; a session stays open until end()."""
        with _listener(socket.AF_INET, ("127.0.0.1", 0)) as listener:
            details = {"service": ("s", SERVICE), "username": ("s", self._user.name),
                       "display-is-local": ("b", True), "x11-display-name": ("s", ":0")}
            outcome = self._call_in_turn(
                password, ("Initialize", "a{sv}", details), ("Authenticate",), ("Authorize",),
                ("EstablishCredentials",), ("Open",),
                ("StartProgram", "s", PROGRAM.format(listener.getsockname()[1])))
            if not outcome.refused_by:
                self._session = listener.accept()[0]
                self._session.settimeout(PATIENCE)
            return outcome

    def told(self, command):
        """Runs a command in the session, which must succeed; returns its output."""
        with self._session.makefile("rw", encoding="utf-8") as talk:
            print(command, file=talk, flush=True)
            lines = []
            while not (line := talk.readline()).startswith("end="):
                assert line, f"the session ended after {lines}"
                lines.append(line)
        assert line == "end=0\n", f"{command}: {lines}"
        return "".join(lines)

    def log_out(self):
        """Ends the session's program; the worker then closes the session."""
        self._session.close()
        self._peer.wait_for("SessionExited")

    def unlock(self, password):
        """Does what the desktop's shell does when somebody types at the locked screen."""
        caller = os.getpid(), self._user.uid
        try:
            (address,) = self._peer.call("StartReauthentication", "ii", *caller)
        except Refused:  # GDM 51 wants the id of the caller's session, too
            (address,) = self._peer.call("StartReauthentication", "iis", *caller, "")
        shell = Peer(connect(address, self._user), "/org/gnome/DisplayManager/Session",
                     "org.gnome.DisplayManager.UserVerifier")
        try:
            shell.call("BeginVerificationForUser", "ss", SERVICE, self._user.name)
            if shell.wait_for("SecretInfoQuery", *ENDS) == "SecretInfoQuery":
                shell.call("AnswerQuery", "ss", SERVICE, password)
            end = shell.wait_for(*ENDS)
        finally:
            shell.close()
        return Outcome("" if end == "VerificationComplete" else end, _said(shell))

    def end(self):
        for connection in filter(None, (self._session, self._peer)):
            connection.close()
        if self._worker:
            self._worker.terminate()
            self._worker.wait(PATIENCE)
        self._bus.end()
        self._directory.cleanup()

    def _start_worker(self, password):
        address = f"{self._directory.name}/daemon"
        with _listener(socket.AF_UNIX, address) as listener:
            self._worker = subprocess.Popen(
                [f"/{WORKER}"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8",
                     "GDM_SESSION_DBUS_ADDRESS": f"unix:path={address}"})
            self._peer = Peer(accept(listener), "/org/gnome/DisplayManager/Worker",
                              "org.gnome.DisplayManager.Worker", {"SecretInfoQuery": password})
        self._peer.wait_for("Hello")

    def _call_in_turn(self, password, *steps):
        self._start_worker(password)
        for step in steps:
            try:
                self._peer.call(*step)
            except Refused as refusal:
                return Outcome(step[0], (*_said(self._peer), refusal.text))
        return Outcome("", _said(self._peer))


def _said(peer):
    return tuple(body[1] for name, body in peer.heard if name in ("Info", "Problem"))


def _listener(family, address):
    listener = socket.socket(family)
    listener.bind(address)
    listener.listen()
    listener.settimeout(PATIENCE)
    return listener
