# SPDX-License-Identifier: BSD-2-Clause
"""A helper that talks to the network: the files and memory it still has, and what still works."""

import re
import subprocess
from pathlib import Path

import pytest
from helper_process import held, held_helper
from installation import STORE
from name_server import NameServer
from process import run
from scripted_provider import ScriptedProvider
from scripted_server import Answer


@pytest.fixture
def waiting_helper(corp, oauth_login):
    """alice's helper while it waits for the provider's answer."""
    asked = len(corp.requests("/token"))
    with held(corp) as release, subprocess.Popen(["oauth-login", "verify", "alice"],
                                                 stdout=subprocess.DEVNULL) as command:
        yield held_helper(corp, asked + 1)
        release.set()
    assert command.returncode == 0


def memory(helper):
    """Yields all memory that the process can read, piece by piece."""
    with open(helper.path / "mem", "rb", buffering=0) as file:
        for line in (helper.path / "maps").read_text().splitlines():
            start, end, rights, name = re.match(
                r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()
            if rights.startswith("r") and not name.startswith("[v"):
                file.seek(int(start, 16))
                yield file.read(int(end, 16) - int(start, 16))


def occurs(helper, secret):
    """Whether the helper's memory contains these bytes."""
    return any(secret in piece for piece in memory(helper))


def test_a_helper_holds_its_own_files_and_sockets_and_nothing_else(waiting_helper):
    entry = STORE / "accounts" / "alice"
    held_open = sorted(name for name in waiting_helper.descriptors().values()
                       if not name.startswith(("socket:", "pipe:", "anon_inode:")))
    assert held_open == ["/dev/null"] * 3 + [
        str(entry / name) for name in ("lock", "record.0", "record.1")]
    inodes = {name for name in waiting_helper.descriptors().values() if name.startswith("socket:")}
    tcp = (waiting_helper.path / "net" / "tcp").read_text()
    connected = {inode for inode in inodes if re.search(rf" {inode[8:-1]} ", tcp)}
    assert len(connected) == 1, "one connection, to the provider"


def test_the_master_key_is_gone_from_the_helpers_memory(waiting_helper, corp):
    master = (STORE / "key").read_bytes()
    assert len(master) == 32
    assert occurs(waiting_helper, b"/var/lib/oauth-login"), "the search finds what is there"
    assert occurs(waiting_helper, corp.client_id.encode())
    assert not occurs(waiting_helper, master)
    assert not occurs(waiting_helper, master[:16]) and not occurs(waiting_helper, master[16:])


def test_the_helpers_memory_goes_into_no_core_file_and_to_no_debugger(waiting_helper):
    assert waiting_helper.limit("Max core file size") == ("0", "0")
    # Not dumpable: the files in /proc belong to root.
    assert (waiting_helper.path / "maps").stat().st_uid == 0
    assert (waiting_helper.path / "fd").stat().st_uid == 0


def test_every_thread_of_a_helper_is_in_the_sandbox(waiting_helper):
    for thread in (waiting_helper.path / "task").iterdir():
        status = dict(line.split(":", 1) for line in (thread / "status").read_text().splitlines())
        assert status["Seccomp"].strip() == "2"
        assert status["NoNewPrivs"].strip() == "1"


def test_a_login_uses_less_than_a_quarter_of_its_memory(waiting_helper):
    soft, hard = waiting_helper.limit("Max data size")
    assert soft == hard
    assert int(waiting_helper.status("VmData")[0]) * 1024 < int(hard) / 4


@pytest.fixture
def named(authority):
    """A provider whose name is login.corp.test."""
    certificate = authority.issue("login", hosts=["login.corp.test"])
    with ScriptedProvider(certificate, authority.file) as provider:
        provider.issuer = f"https://login.corp.test:{provider.port}"
        provider.discovery = {name: value.replace("localhost", "login.corp.test")
                              if isinstance(value, str) else value
                              for name, value in provider.discovery.items()}
        yield provider


def test_the_provider_can_be_resolved_by_etc_hosts(host, named, oauth_login, alice):
    host.files.write("/etc/hosts", "127.0.0.1 localhost login.corp.test\n")
    oauth_login.configure(named)
    oauth_login.enroll(named, "alice")
    assert oauth_login.verdict("alice") == "granted"


def test_the_provider_can_be_resolved_by_dns(host, named, oauth_login, alice):
    host.files.write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
    host.files.write("/etc/resolv.conf", "nameserver 127.0.0.1\n")
    with NameServer() as names:
        oauth_login.configure(named)
        oauth_login.enroll(named, "alice")
        assert oauth_login.verdict("alice") == "granted"
    assert "login.corp.test" in names.asked


@pytest.mark.parametrize("place", ["/etc/ssl/certs/corp.pem",
                                   "/usr/local/share/ca-certificates/corp.crt"])
def test_the_trust_store_of_the_system_is_used(place, host, corp, oauth_login, authority):
    """OpenSSL finds the authority by its hashed link, as update-ca-certificates makes them."""
    host.files.write(place, Path(authority.file).read_text())
    digest = run("openssl", "x509", "-hash", "-noout", "-in", place, check=True).stdout.strip()
    link = Path(f"/etc/ssl/certs/{digest}.0")
    link.symlink_to(place)
    try:
        oauth_login.configure(corp, ca_file="")
        assert oauth_login.verdict("alice") == "granted"
    finally:
        link.unlink()


def test_a_ca_file_with_all_authorities_fits_into_memory(corp, oauth_login, authority, host):
    everybody = Path("/etc/ssl/certs/ca-certificates.crt").read_text()
    assert everybody.count("BEGIN CERTIFICATE") > 100
    bundle = host.files.write("/etc/ssl/everybody.pem",
                              everybody + Path(authority.file).read_text())
    oauth_login.configure(corp, ca_file=str(bundle))
    assert oauth_login.verdict("alice") == "granted"


def test_a_ca_file_that_the_helper_cannot_reach_is_named(corp, oauth_login, authority, host):
    private = Path("/root/authority.pem")
    host.files.write(private, Path(authority.file).read_text())
    oauth_login.configure(corp, ca_file=str(private))
    answer = oauth_login.run_json("verify", "alice")
    assert answer["verdict"] == "misconfigured"
    assert str(private) in answer["reason"]


@pytest.mark.parametrize("body", [
    b"[" * 60000,
    b'{"a":' * 10000,
    b'{"access_token":"' + b"a" * 65000 + b'"}',
    b"{" + b",".join(b'"%d":0' % i for i in range(8000)) + b"}",
], ids=["arrays", "objects", "text", "members"])
def test_json_that_takes_much_memory_to_parse_fails_cleanly(body, corp, oauth_login):
    corp.queue("/token", Answer(200, body, {"Content-Type": "application/json"}))
    assert oauth_login.verdict("alice") == "unreachable"
    assert oauth_login.verdict("alice") == "granted"


def test_a_fixed_ca_file_is_used_at_once(corp, oauth_login, authority, host):
    """Nothing was sent to the provider, so there is no backoff."""
    host.files.write("/etc/oauth-login/corp-ca.pem", "nothing of the kind\n")
    oauth_login.configure(corp, ca_file="/etc/oauth-login/corp-ca.pem")
    assert oauth_login.verdict("alice") in ("misconfigured", "unreachable")
    host.files.write("/etc/oauth-login/corp-ca.pem", authority.file.read_text())
    assert oauth_login.verdict("alice") == "granted"
