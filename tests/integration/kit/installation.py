# SPDX-License-Identifier: BSD-2-Clause
"""oauth-login as `make install` installs it, and what an administrator does with it."""

import json
import random
import shutil
from pathlib import Path

from pam_lines import example, own_stack, with_lines
from process import run

CHECKOUT = Path(__file__).resolve().parents[3]
STORE = Path("/var/lib/oauth-login")
SYSTEMD_UNITS = CHECKOUT / "conf" / "systemd"


class Installation:
    """Installed once in a test run; each test configures it and starts with an empty store."""

    def __init__(self, host):
        self.host = host
        run("make", "-C", str(CHECKOUT), "install", check=True, timeout=120)
        # The kernel counts the processes of a uid over all namespaces, and RLIMIT_NPROC limits
        # them: no program outside may have the helper's uid.
        run("usermod", "--uid", str(random.randrange(40000, 60000)), "oauth-login", check=True)

    def use(self, *services):
        """Puts the lines of conf/pam.d/ into these services' own files; `su -` is su, too."""
        services = (*services, *(["su-l"] if "su" in services else []))
        stacks = {service: with_lines(own_stack(service), example(service)) for service in services}
        for service, stack in stacks.items():
            self.host.pam(service, stack)

    def configure(self, provider, accounts=(), login=None, **keys):
        """Writes the configuration for a running provider.

        accounts: the accounts that are mapped to their subjects; without any, it sets
        username_claim = preferred_username. login: keys of [login]. keys: keys of [provider corp].
        """
        secret = getattr(provider, "client_auth", "client_secret_basic") != "none"
        section = {"issuer": provider.issuer, "client_id": provider.client_id,
                   "ca_file": provider.ca_file}
        if secret:
            self.host.write_secret("corp.secret", provider.client_secret)
            section["client_auth"] = getattr(provider, "client_auth", "client_secret_basic")
            section["client_secret_file"] = "/etc/oauth-login/corp.secret"
        if not accounts:
            section["username_claim"] = "preferred_username"
        if getattr(provider, "enroll_params", ""):
            section["auth_params"] = provider.enroll_params
        sections = {"login": {"provider": "corp", "reuse_within": "0", "offline_timeout": "0",
                              **(login or {})},
                    "provider corp": {**section, **keys}}
        if accounts:
            sections["accounts corp"] = {name: provider.subject(name) for name in accounts}
        self.host.configure(sections)

    def run(self, *argv, **options):
        """Runs the command `oauth-login` as root."""
        return run("oauth-login", *argv, **options)

    def run_json(self, *argv):
        return json.loads(self.run(*argv, "--json").stdout)

    def enroll(self, provider, user):
        """Makes the user at the provider, and imports a new grant of theirs."""
        provider.add_user(user)
        self.enroll_at(provider, user)

    def enroll_at(self, provider, user):
        """Imports a new grant of a user whom the provider knows already."""
        self.import_grant(user, provider.issue_grant(user))

    def import_grant(self, user, token):
        result = self.run("import", user, input=token + "\n")
        assert result.ok, result

    def verdict(self, user):
        return self.run_json("verify", user)["verdict"]

    def forget_everybody(self):
        for child in STORE.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()


def is_vacant(user):
    """Whether the account has an entry in the store that holds no record."""
    return {slot.read_bytes() for slot in (STORE / "accounts" / user).glob("record.*")} == {
        b"oauthlgv"}


def rename_user(host, name, ids=None):
    """Gives the helper's user another name, and UID:GID when `ids` is set."""
    passwd = Path("/etc/passwd")
    lines = passwd.read_text().splitlines(keepends=True)
    (line,) = [line for line in lines if line.startswith("oauth-login:")]
    fields = line.split(":")
    fields[0] = name
    if ids:
        fields[2:4] = ids.split(":")
    host.files.write(passwd, "".join(":".join(fields) if other == line else other
                                     for other in lines))
