# SPDX-License-Identifier: BSD-2-Clause
"""`oauth-login enroll --browser` opens the person's browser if there is one, and never as root."""

import http.client
import json
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from code_flow import CODE, Enrolling, redeeming
from helper_process import wait_until
from id_tokens import Key
from process import as_user
from scripted_server import Answer
from terminal import Terminal

OPENED = Path("/tmp/opened")
OPENER = """#!/usr/bin/python3
import json, os, sys
files = {fd: f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")}
told = {"argv": sys.argv[1:], "ids": os.getresuid() + os.getresgid(), "groups": os.getgroups(),
        "files": {fd: os.readlink(path) for fd, path in files.items() if os.path.exists(path)},
        "session": os.getsid(0) == os.getpid(), "home": os.environ["HOME"],
        "runtime": os.environ["XDG_RUNTIME_DIR"]}
with open("/tmp/opened.new", "w") as file:
    json.dump(told, file)
os.rename("/tmp/opened.new", "/tmp/opened")
"""


@pytest.fixture
def opener(host, oauth_login, provider, alice):
    """An xdg-open that records how it was run."""
    oauth_login.configure(provider)
    host.files.remove(OPENED)
    host.files.write("/usr/local/bin/xdg-open", OPENER, mode=0o755)


def environment(**more):
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", "TERM": "dumb", **more}


def opened():
    """Waits until xdg-open has run; returns what it has recorded."""
    wait_until(OPENED.exists, "xdg-open runs")
    return json.loads(OPENED.read_text())


@pytest.mark.parametrize("display", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_under_sudo_the_browser_runs_as_the_user_who_called_sudo(display, opener, alice):
    account = as_user("alice")
    with Enrolling(env=environment(SUDO_UID=str(alice.uid), **{display: ":0"})) as enrolling:
        told = opened()
        assert told["argv"] == [enrolling.address]
        assert told["ids"] == [alice.uid] * 3 + [account["group"]] * 3
        assert sorted(told["groups"]) == sorted(account["extra_groups"])
        assert (told["home"], told["runtime"]) == (str(alice.home), f"/run/user/{alice.uid}")
        assert told["session"], "so that Ctrl-C does not end the browser"
        assert "It should open by itself" in enrolling.said and "ssh -L" not in enrolling.said


def test_the_browser_inherits_no_descriptor_and_no_child_is_left(opener, alice):
    env = environment(SUDO_UID=str(alice.uid), DISPLAY=":0")
    with open("/etc/shadow", "rb") as secret:
        with Enrolling(env=env, pass_fds=[secret.fileno()]) as enrolling:
            files = opened()["files"]
            assert [files[fd] for fd in "012"] == ["/dev/null"] * 3
            assert not {"/etc/shadow"} & set(files.values())
            assert not any("socket" in file or "pts" in file for file in files.values())
            assert enrolling.terminal.children() == []


@pytest.mark.parametrize("env", [
    {"DISPLAY": ":0"},
    {"DISPLAY": ":0", "SUDO_UID": "0"},
    {"DISPLAY": ":0", "SUDO_UID": "-1"},
    {"DISPLAY": ":0", "SUDO_UID": "{uid}x"},
    {"DISPLAY": ":0", "SUDO_UID": "4294967295"},
    {"DISPLAY": ":0", "SUDO_UID": "18446744073709551615"},
    {"DISPLAY": ":0", "SUDO_UID": "{uid}", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"},
    {"DISPLAY": "", "SUDO_UID": "{uid}"},
    {"SUDO_UID": "{uid}"},
])
def test_where_no_browser_can_be_opened_the_port_to_forward_is_named(env, opener, alice):
    env = {name: value.format(uid=alice.uid) for name, value in env.items()}
    with Enrolling(env=environment(**env)) as enrolling:
        assert f"ssh -L {enrolling.port}:127.0.0.1:{enrolling.port} bastion1" in enrolling.said
        assert "open by itself" not in enrolling.said
        enrolling.terminal.send("\x03")
        enrolling.wait()
    assert not OPENED.exists()


HELPER = """#!/usr/bin/python3
import os, struct
def text(bytes):
    return struct.pack(">I", len(bytes)) + bytes
os.read(0, 65536)
prompt = bytes([1, 5]) + text({address!r}) + text(b"") * 2 + struct.pack(">II", 600, 4711)
os.write(0, text(prompt))
os.read(0, 1)
"""


@pytest.mark.parametrize("address, plain", [
    (b"https://login.example/?a=b&c=d", True),
    (b"file:///etc/passwd", False),
    (b"--manual", False),
    (b"javascript:alert(1)", False),
    (b"https://login.example/$(id)", False),
    (b"https://login.example/;id", False),
    (b"https://login.example/`id`", False),
])
def test_only_plain_https_addresses_are_opened_in_the_browser(address, plain, opener, host, alice):
    host.files.write("/usr/libexec/oauth-login-helper", HELPER.format(address=address), mode=0o755)
    env = environment(SUDO_UID=str(alice.uid), DISPLAY=":0")
    with Terminal("oauth-login", "enroll", "--browser", "alice", env=env) as terminal:
        terminal.expect("Waiting for approval")
        assert address.decode() in terminal.output
        assert ("open by itself" in terminal.output) == plain
        if plain:
            assert opened()["argv"] == [address.decode()]
        else:
            assert not OPENED.exists()


def test_without_xdg_open_the_address_is_shown(opener, host, alice):
    host.files.remove("/usr/local/bin/xdg-open")
    host.files.remove("/usr/bin/xdg-open")
    with Enrolling(env=environment(SUDO_UID=str(alice.uid), DISPLAY=":0")) as enrolling:
        assert "ssh -L" in enrolling.said


def test_a_browser_on_another_machine_enrolls_through_a_forwarded_port(
        opener, provider, sshd, tmp_path):
    key = Key(tmp_path)
    provider.answer = lambda request: (
        Answer.json({"keys": [key.jwk]}) if request.path == "/jwks" else None)
    with Enrolling() as enrolling:
        redeeming(provider, key, enrolling)
        port = enrolling.port  # 127.0.0.2 plays the browser's machine, with the same port
        forward = sshd.client("alice", "echo ready; cat", options=[
            f"LocalForward=127.0.0.2:{port} 127.0.0.1:{port}", "ExitOnForwardFailure=yes"])
        with subprocess.Popen(forward, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as tunnel:
            assert tunnel.stdout.readline() == b"ready\n"
            with closing(http.client.HTTPConnection("127.0.0.2", port, timeout=10)) as connection:
                connection.request("GET", f"/?code={CODE}&state={enrolling.asked['state']}",
                                   headers={"Host": f"127.0.0.1:{port}"})
                assert connection.getresponse().status == 200
            tunnel.stdin.close()
            tunnel.wait(10)
        assert enrolling.wait() == 0, enrolling.said
