# SPDX-License-Identifier: BSD-2-Clause
"""systemd as process 1 of a namespace of its own, with oauth-login's units and no others.

It shares the file system, the network and the users of the machine under test, so its sockets are
the machine's too. Tests that need it are skipped where the kernel offers no cgroup v2.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from helper_process import wait_until
from process import run
from resident import SOCKET, children_of

SYSTEMD = "/lib/systemd/systemd"
PLACE = Path("/run/oauth-login-test-cgroups")
# Keeps units from pulling in the jobs of a boot, such as emptying /tmp.
ALONE = "[Unit]\nDefaultDependencies=no\n"
UNITS = ("oauth-login-helper.socket", "oauth-login-helper.service", "oauth-login-watch.timer",
         "oauth-login-watch.service")
WATCH = "oauth-login-watch.service"
# Makes its namespaces; $1: its cgroup.
BOOT = """
echo $$ >"$1/cgroup.procs" || exit 77
exec unshare --kill-child --pid --fork --mount --mount-proc --cgroup sh -c '
    mount -t cgroup2 cgroup2 /sys/fs/cgroup &&
    container=test exec """ + SYSTEMD + """ --system --unit=test.target --log-target=console'
"""


class ServiceManager:
    """Runs from construction until end()."""

    def __init__(self, host):
        self._before = set(Path("/run").iterdir())
        for name in UNITS:
            host.files.write(f"/etc/systemd/system/{name}.d/test.conf", ALONE)
        host.files.write("/etc/systemd/system/test.target", ALONE +
                         "Requires=oauth-login-helper.socket\nAfter=oauth-login-helper.socket\n")
        self._child = self._cgroup = None
        PLACE.mkdir()
        self._mounted = run("mount", "-t", "cgroup2", "cgroup2", str(PLACE)).ok
        if not (self._mounted and os.access(PLACE, os.W_OK)):
            self.end()
            pytest.skip("this kernel offers no cgroup v2, which a systemd of its own needs")
        self._cgroup = Path(tempfile.mkdtemp(prefix="oauth-login-test-", dir=PLACE))
        self._cgroup.chmod(0o755)  # a `systemd --user` looks for its own cgroup below
        self._child = subprocess.Popen(["sh", "-c", BOOT, "sh", str(self._cgroup)],
                                       stdin=subprocess.DEVNULL)
        try:
            wait_until(lambda: self._child.poll() or self.is_active("test.target"), "it has booted")
        except AssertionError:
            self.end()
            raise
        if self._child.poll() is not None:
            self.end()
            pytest.skip("a second systemd cannot be started here")

    def is_active(self, unit):
        first = children_of(self._child.pid)
        return bool(first) and self._systemctl("is-active", "-q", unit).ok

    @property
    def inside(self):
        """The prefix of a command that must run inside, where systemd sees its process."""
        (first,) = children_of(self._child.pid)
        return "nsenter", f"--target={first}", "--mount", "--pid"

    def control(self, *words):
        """Runs systemctl, which must succeed; returns its output."""
        result = self._systemctl(*words)
        assert result.ok, result
        return result.stdout.strip()

    def main_pid(self, unit="oauth-login-helper.service"):
        """The pid of the resident helper, or of another service, as seen from here."""
        inside = self.control("show", "-P", "MainPID", unit)
        for entry in self._cgroup.rglob("cgroup.procs"):
            for pid in entry.read_text().split():
                status = Path(f"/proc/{pid}/status").read_text()
                (names,) = [line for line in status.splitlines() if line.startswith("NSpid:")]
                if names.split()[-1] == inside:
                    return int(pid)
        raise AssertionError("the service has no process")

    def end(self):
        if self._child:
            self._child.send_signal(signal.SIGKILL)
            self._child.wait(5)
        if self._cgroup:
            wait_until(self._is_empty, "all processes of systemd have ended")
            for directory in sorted(self._cgroup.rglob("*/"), reverse=True):
                if directory.is_dir():
                    directory.rmdir()
            self._cgroup.rmdir()
        if self._mounted:
            run("umount", str(PLACE), check=True)
        SOCKET.unlink(missing_ok=True)  # systemd was killed and left it; the directory may be older
        for entry in set(Path("/run").iterdir()) - self._before:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def _systemctl(self, *words):
        return run(*self.inside, "systemctl", *words)

    def _is_empty(self):
        return "populated 0" in (self._cgroup / "cgroup.events").read_text()


@pytest.fixture
def systemd(host, corp, oauth_login):
    """A systemd with the resident helper's socket. The service has a private /tmp, so the CA file
    must be elsewhere."""
    corp.ca_file = str(host.files.write("/etc/oauth-login/ca.pem",
                                        Path(corp.ca_file).read_bytes()))
    oauth_login.configure(corp)
    manager = ServiceManager(host)
    yield manager
    manager.end()
