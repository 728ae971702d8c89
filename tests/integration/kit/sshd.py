# SPDX-License-Identifier: BSD-2-Clause
"""A real sshd on the loopback interface, and ssh clients of it."""

import os
import signal
import socket
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import process
from lines import Lines

SSHD = "/usr/sbin/sshd"

# sshd uses the first value of a keyword, so a test's own lines come before these.
_DEFAULTS = """
UsePAM yes
KbdInteractiveAuthentication yes
PasswordAuthentication yes
PrintMotd no
UseDNS no
PidFile none
LogLevel VERBOSE
MaxStartups 500
LoginGraceTime 30
AcceptEnv LANG LC_* TEST_*
"""

# Gives the answers in order, one for each prompt, and records the prompts.
_ASKPASS = """#!/bin/sh
printf '%s\\0' "$1" >>"$ASKPASS_DIR/prompts"
head -n 1 "$ASKPASS_DIR/answers"
sed -i 1d "$ASKPASS_DIR/answers"
"""


@dataclass(frozen=True)
class SshResult(process.Result):
    prompts: tuple  # every prompt of the client, in order


class Sshd:
    """Runs from construction until stop(). `log` are the lines of its standard error."""

    def __init__(self, config="", wrapper=()):
        self._directory = tempfile.TemporaryDirectory(prefix="sshd-")
        self._path = Path(self._directory.name)
        self.port = _free_port()
        self.log = Lines("sshd's standard error")
        self._prepare_server(config)
        self._prepare_client()
        self._server = subprocess.Popen(
            [*wrapper, SSHD, "-D", "-e", "-f", self._path / "sshd_config"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            encoding="utf-8", errors="backslashreplace", cwd="/",
        )
        threading.Thread(target=self._collect, daemon=True).start()
        try:
            self.log.wait_for("Server listening")
        except AssertionError:
            self.stop()
            raise

    @property
    def pid(self):
        return self._server.pid

    def ssh(self, user, command="true", *, answers=(), timeout=30, env=None, **how):
        """Logs in and runs command; parallel calls are fine.

        Each prompt gets the next of `answers`. `how` goes to client().
        """
        with tempfile.TemporaryDirectory(prefix="askpass-") as directory:
            notes = Path(directory)
            (notes / "answers").write_text("".join(f"{answer}\n" for answer in answers))
            (notes / "prompts").touch()
            environment = {
                **os.environ,
                "SSH_ASKPASS": str(self._path / "askpass"),
                "SSH_ASKPASS_REQUIRE": "force",
                "ASKPASS_DIR": directory,
                **(env or {}),
            }
            argv = self.client(user, command, ask=bool(answers), **how)
            result = process.run(*argv, timeout=timeout, env=environment)
            prompts = (notes / "prompts").read_text().split("\0")[:-1]
        return SshResult(result.status, result.stdout, result.stderr, tuple(prompts))

    def client(self, user, command=None, *, methods="publickey", key=None, ask=False, tty=False,
               options=()):
        """The ssh command line, for Terminal or Popen.

        methods: in the order to try, as in PreferredAuthentications. key: default ~user/.ssh/id.
        ask: may prompt. options: more "Name=value".
        """
        key = key or Path(os.path.expanduser(f"~{user}"), ".ssh", "id")
        argv = ["ssh", "-F", "/dev/null", "-p", str(self.port), "-i", str(key)]
        for option in (
            *options,
            f"BatchMode={'no' if ask else 'yes'}",
            f"PreferredAuthentications={methods}",
            f"UserKnownHostsFile={self._path / 'known_hosts'}",
            "GlobalKnownHostsFile=/dev/null",
            "StrictHostKeyChecking=yes",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "NumberOfPasswordPrompts=1",
            "ConnectTimeout=10",
        ):
            argv += ["-o", option]
        argv += ["-tt"] if tty else []
        argv += ["-l", user, "127.0.0.1"]  # -l: a name may begin with a dash or hold an @
        return argv + ([command] if command else [])

    def stop(self):
        """Ends the listener and every connection it still has."""
        children = _children(self._server.pid)
        self._server.terminate()
        try:
            self._server.wait(5)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait(5)
        for child in children:
            try:
                os.kill(child, signal.SIGTERM)
            except ProcessLookupError:
                pass
        self._directory.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _prepare_server(self, config):
        key = self._path / "host_key"
        process.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key), check=True)
        own = f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {key}\n"
        config_file = self._path / "sshd_config"
        general, match, blocks = config.partition("\nMatch ")  # Match blocks last until the end
        text = own + general.strip() + "\n" + _DEFAULTS + _unpenalised(key) + match + blocks
        config_file.write_text(text)
        process.run(SSHD, "-t", "-f", str(config_file), check=True)

    def _prepare_client(self):
        kind, key = (self._path / "host_key.pub").read_text().split()[:2]
        (self._path / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {kind} {key}\n")
        askpass = self._path / "askpass"
        askpass.write_text(_ASKPASS)
        askpass.chmod(0o755)

    def _collect(self):
        with self._server.stderr as stderr:
            for line in stderr:
                self.log.add(line.rstrip("\r\n"))


def _unpenalised(host_key):
    """The line that keeps OpenSSH 9.8 and later from making an address wait after refused logins;
    "" for an older sshd, which does not know it."""
    known = process.run(SSHD, "-T", "-f", "/dev/null", "-h", str(host_key)).stdout
    return "PerSourcePenalties no\n" if "persourcepenalties" in known.lower() else ""


def _free_port():
    """A free port, which stays free until it is used: the network namespace is the test's alone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _children(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in children.read_text().split()] if children.exists() else []

