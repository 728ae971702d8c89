# SPDX-License-Identifier: BSD-2-Clause
"""Shows everything on one machine: `sudo make demo`. It runs inside tests/namespace."""

import os
import re
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "integration" / "kit"))

from enrollment import code_of, enroll  # noqa: E402
from real_provider import real_provider  # noqa: E402
from host import Host  # noqa: E402
from installation import Installation  # noqa: E402
from process import Result  # noqa: E402

COLOURS = {"title": "1;36", "command": "1", "yes": "32", "no": "31", "log": "2"}
COLOURED = "NO_COLOR" not in os.environ and (sys.stdout.isatty() or "FORCE_COLOR" in os.environ)


def say(text="", colour=None):
    if colour and COLOURED:
        text = f"\033[{COLOURS[colour]}m{text}\033[0m"
    print(text, flush=True)


def title(text):
    say(f"\n== {text}", "title")


def show(command, result, expected):
    """Shows a command and its output; ends the demo if the command did not do what was expected."""
    say(f"$ {command}", "command")
    for line in (result.stdout + result.stderr).strip().splitlines():
        say(f"  {line}", "yes" if result.ok else "no")
    if result.ok != expected:
        say(f"The demo failed: that should have been {'granted' if expected else 'refused'}.", "no")
        sys.exit(1)


class Demo:
    def __init__(self, host, directory):
        self.host = host
        self.directory = directory
        self.logged = host.log.mark()

    def log(self):
        """Shows the lines that the module has logged since the last call."""
        for line in self.host.log.since(self.logged):
            if "pam_oauth_login" in line:
                say(f"  log: {line}", "log")
        self.logged = self.host.log.mark()

    def set_up(self, provider):
        title("A machine: make install, one file, two lines in /etc/pam.d/sshd")
        self.oauth_login = Installation(self.host)
        self.oauth_login.configure(provider, scope="openid offline_access")
        self.oauth_login.use("sshd", "sudo")
        self.host.add_user("alice")
        say("$ cat /etc/oauth-login/oauth-login.conf", "command")
        for line in Path("/etc/oauth-login/oauth-login.conf").read_text().strip().splitlines():
            say(f"  {line}")
        say("$ grep '^[^#]*pam_oauth_login' /etc/pam.d/sshd", "command")
        for line in Path("/etc/pam.d/sshd").read_text().splitlines():
            if "pam_oauth_login" in line.partition("#")[0]:
                say(f"  {line}")

    def enroll(self, provider):
        title("A grant: alice approves a code at the provider, once")
        provider.add_user("alice")
        with enroll() as terminal:
            provider.approve_device("alice", code_of(terminal))
            status = terminal.wait(30)
            said = re.sub(r"(Waiting.*?gives up\. )+", r"\1", terminal.output)
        show("oauth-login enroll alice", Result(status, said, ""), True)
        show("oauth-login doctor", self.oauth_login.run("doctor"), True)

    def log_in(self, sshd, provider):
        title("A login with an SSH key: the provider renews the grant and decides")
        login = sshd.ssh("alice", "keyctl show @s; keyctl pipe %user:oauth-login:corp >token; "
                         "head -c 24 token; echo ...")
        show("ssh alice@bastion1 'keyctl show @s; keyctl pipe %user:oauth-login:corp'", login, True)
        self.log()
        token = Path("/home/alice/token").read_text()
        claims = provider.userinfo(token)
        say("$ curl -H 'Authorization: Bearer <the token of the session>' .../userinfo", "command")
        say(f"  the provider accepts it: sub {claims['sub']}", "yes")
        show("oauth-login status alice", self.oauth_login.run("status", "alice"), True)

    def log_in_again(self, sshd):
        title("The refresh token was used up and replaced; the next login uses the new one")
        show("ssh alice@bastion1 echo I am in", sshd.ssh("alice", "echo I am in"), True)
        self.log()

    def take_away(self, sshd, provider):
        title("The account is deleted at the provider")
        provider.remove_user("alice")
        say("  deleted alice at the provider; nothing was touched on this machine")
        show("ssh alice@bastion1 echo I am in", sshd.ssh("alice", "echo I am in"), False)
        self.log()
        show("oauth-login verify alice", self.oauth_login.run("verify", "alice"), False)

    def show_root(self, sshd):
        title("root is never managed: a mistake must not lock the machine")
        Path("/etc/oauth-login/oauth-login.conf").write_text("[login]\nprovidr = corp\n")
        show("oauth-login verify alice     # after a typing error in the configuration",
             self.oauth_login.run("verify", "alice"), False)
        key = self.host.give_root_key()
        show("ssh root@bastion1 id -un", sshd.ssh("root", "id -un", key=key), True)

    def run(self):
        with real_provider(self.directory / "provider") as provider:
            title(f"A provider: {provider.title} over HTTPS, refresh tokens that can be used once")
            say(f"  issuer {provider.issuer}")
            self.set_up(provider)
            self.enroll(provider)
            with self.host.sshd("PermitRootLogin prohibit-password") as sshd:
                self.log_in(sshd, provider)
                self.log_in_again(sshd)
                self.take_away(sshd, provider)
                self.show_root(sshd)


def main():
    started = time.monotonic()
    host = Host()
    with tempfile.TemporaryDirectory(prefix="demo-") as directory:
        os.chmod(directory, 0o755)
        Demo(host, Path(directory)).run()
    took = time.monotonic() - started
    say(f"\nThat was all of it, in {took:.0f} s, and this machine is as it was.", "title")


if __name__ == "__main__":
    main()
