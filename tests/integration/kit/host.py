# SPDX-License-Identifier: BSD-2-Clause
"""The machine under test: its users, its files, and the programs that people log in with."""

import pwd
import re
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from files import Files
from process import Result, as_user, run
from sshd import Sshd
from system_log import SystemLog
from terminal import Terminal

CONFIG_DIR = Path("/etc/oauth-login")


@dataclass(frozen=True)
class User:
    name: str
    uid: int
    home: Path
    password: str

    @property
    def key(self):
        """The private key that ~/.ssh/authorized_keys accepts."""
        return self.home / ".ssh" / "id"


INCLUDES_SU = re.compile(r"^account\s+include\s+su\b", re.M)


class Host:
    """Refuses to run outside of tests/namespace, because it adds users and rewrites /etc."""

    def __init__(self):
        if not Path("/run/test-namespace").exists():
            raise RuntimeError("these tests rewrite /etc; run them with: tests/namespace COMMAND")
        self.log = SystemLog()
        self.files = Files()
        self._users = {}
        self._next_uid = 2000

    def close(self):
        for name in list(self._users):
            self.delete_user(name)
        self.files.restore()
        self.log.close()

    # Users

    def add_user(self, name, *options, uid=None, password="correct horse"):
        """Makes an account with a home, a password and an ssh key. options: more for useradd."""
        uid = uid or self._free_uid()
        run("useradd", "--create-home", "--user-group", "--shell", "/bin/sh", "--uid", str(uid),
            *options, "--", name, check=True)
        run("chpasswd", input=f"{name}:{password}\n", check=True)
        user = User(name, uid, Path(pwd.getpwnam(name).pw_dir), password)
        self._users[name] = user
        self._give_key(user)
        return user

    def delete_user(self, name):
        """Removes the account with its home, even while it is logged in."""
        run("userdel", "--force", "--remove", "--", name)  # complains about a missing mail spool
        del self._users[name]
        assert not run("getent", "passwd", name).ok, f"{name} is still there"

    def give_root_key(self):
        """Lets root log in over SSH; returns the private key."""
        directory = Path("/root/.ssh")
        directory.mkdir(mode=0o700, exist_ok=True)
        key = directory / "id-test"
        if not key.exists():
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key), check=True)
            key.with_suffix(".pub").rename(directory / "authorized_keys")
        return key

    def _free_uid(self):
        while run("getent", "passwd", str(self._next_uid)).ok:
            self._next_uid += 1
        self._next_uid += 1
        return self._next_uid - 1

    def _give_key(self, user):
        directory = user.key.parent
        directory.mkdir(mode=0o700)
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", user.name, "-f", str(user.key),
            check=True)
        user.key.with_suffix(".pub").rename(directory / "authorized_keys")
        group = pwd.getpwuid(user.uid).pw_gid
        run("chown", "-R", f"{user.uid}:{group}", str(directory), check=True)

    # Files that an administrator writes

    def pam(self, service, text):
        """Sets the PAM stack of a service until files.restore()."""
        login = Path("/etc/pam.d", f"{service}-l")  # of `su -`, complete by itself on Debian 14
        if service == "su" and login.exists() and not INCLUDES_SU.search(login.read_text()):
            self.files.write(login, text)
        return self.files.write(f"/etc/pam.d/{service}", text)

    def pam_text(self, service):
        return Path("/etc/pam.d", service).read_text()

    def configure(self, config, name="oauth-login.conf"):
        """Writes the configuration, given as text or as {section: {key: value}}; name: the file's
        name, for a drop-in or another file."""
        text = config if isinstance(config, str) else ini(config)
        return self.files.write(CONFIG_DIR / name, text)

    def write_secret(self, name, secret):
        """Writes a secret file, readable by the helper's group, which `make install` has made."""
        return self.files.write(CONFIG_DIR / name, secret, mode=0o640, group="oauth-login")

    def sudoers(self, text, name="test"):
        return self.files.write(f"/etc/sudoers.d/{name}", text + "\n", mode=0o440)

    # Logins and commands of people

    def sshd(self, config=""):
        """A running Sshd with these additional lines of configuration; a context manager."""
        return Sshd(config)

    def run_as(self, user, *argv, **options):
        """Runs argv with the user's ids, groups and environment, without PAM and terminal."""
        return run(*argv, **{**as_user(user), **options})

    def su(self, user, command, *, as_user=None, password=None, timeout=30):
        """Runs `su - user -c command` on a terminal: as root, or as as_user with the password."""
        return _on_terminal(["su", "-", user, "-c", command], as_user, password, timeout)

    def sudo(self, user, *argv, password=None, options=(), program="sudo", timeout=30):
        """Runs `sudo argv` on a terminal as the user, who types the password if there is one."""
        return _on_terminal([program, *options, "--", *argv], user, password, timeout)

    @contextmanager
    def cron(self, crontab, name="test"):
        """A running cron with this /etc/cron.d file and no other.

        A line "@reboot USER COMMAND" runs at once; any other waits for the next full minute.
        cron logs "(USER) END ([PID] COMMAND)" after a job; its PAM session closes after that.
        """
        mark = self.files.mark()
        with tempfile.TemporaryFile() as errors:
            for other in Path("/etc/cron.d").iterdir():
                self.files.remove(other)
            self.files.write(f"/etc/cron.d/{name}", crontab.rstrip("\n") + "\n")
            Path("/run/crond.reboot").unlink(missing_ok=True)  # or cron skips @reboot lines
            logged = self.log.mark()
            server = subprocess.Popen(["cron", "-f", "-L", "15"], stdin=subprocess.DEVNULL,
                                      stdout=errors, stderr=errors, cwd="/")
            try:
                self.log.wait_for(r"cron\[\d+\]: \(CRON\) INFO \(pidfile", since=logged)
                yield server
            finally:
                server.terminate()
                server.wait(5)
                self.files.restore(mark)


def _on_terminal(argv, user, password, timeout):
    """Runs argv; Result.stdout holds all output, because a terminal has a single stream."""
    with Terminal(*argv, user=user) as terminal:
        if password is not None:
            terminal.expect("(?i)password.*: ?$", timeout)
            terminal.send_line(password)
        return Result(terminal.wait(timeout), terminal.output, "")


def ini(sections):
    """The text of a configuration file, from {"login": {"provider": "corp"}}."""
    blocks = []
    for section, values in sections.items():
        keys = "".join(f"{key} = {value}\n" for key, value in values.items())
        blocks.append(f"[{section}]\n{keys}")
    return "\n".join(blocks)
