# SPDX-License-Identifier: BSD-2-Clause
"""Helpers started by all kinds of processes, which stay unchanged; helpers inherit nothing."""

import os
import pwd
import signal
import time
from pathlib import Path

import pytest
from helper_process import HELPER, HelperProcess, held, held_helper, inherited
from installation import rename_user
from pam_host import UNTOUCHED
from process import run
from reply_frames import DENIED, notice, prompt, reply

RUNS = 1000
CAP_SYS_RESOURCE = 1 << 24

# Variables that must have no effect; most of them would break a login.
HOSTILE = {
    "https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9",
    "all_proxy": "socks5://127.0.0.1:9", "ALL_PROXY": "socks5://127.0.0.1:9",
    "SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": "/nowhere", "CURL_CA_BUNDLE": "/dev/null",
    "CURL_HOME": "/tmp", "CURL_SSL_BACKEND": "nowhere", "OPENSSL_CONF": "/nowhere",
    "OPENSSL_MODULES": "/nowhere", "OPENSSL_ENGINES": "/nowhere", "SSLKEYLOGFILE": "/tmp/keylog",
    "RES_OPTIONS": "attempts:0", "LOCALDOMAIN": "nowhere.invalid", "HOSTALIASES": "/tmp/aliases",
    "NSS_WRAPPER_PASSWD": "/dev/null", "GCONV_PATH": "/tmp", "LOCPATH": "/tmp", "TZ": ":/nowhere",
    "HOME": "/nowhere", "TMPDIR": "/nowhere", "XDG_CONFIG_HOME": "/tmp", "MALLOC_PERTURB_": "165",
    "OAUTH_LOGIN_CONFIG": "/dev/null",
}


@pytest.fixture
def shared_verdicts(oauth_login, provider, alice, bob):
    """alice's grant is good, bob's is dead, and both verdicts are shared for the whole test."""
    oauth_login.configure(provider, login={"reuse_within": "1h"})
    oauth_login.enroll(provider, "alice")
    oauth_login.enroll(provider, "bob")
    provider.revoke("bob")
    oauth_login.configure(provider)
    assert oauth_login.verdict("bob") == "reauthorize"
    oauth_login.configure(provider, login={"reuse_within": "1h"})
    return provider


@pytest.fixture
def service(corp, pam_host):
    """alice has a good grant, and every login asks the provider."""
    pam_host.serve()
    return pam_host


def right(runs):
    """The counts of a report in which each verdict is right."""
    return {("alice", "account", "SUCCESS"): runs / 2, ("bob", "account", "PERM_DENIED"): runs / 2}


# The application is left unchanged


def test_a_thousand_verdicts_are_right_and_leave_the_application_unchanged(
        shared_verdicts, pam_host):
    """Runs each of these applications at the same time."""
    applications = {
        ("ignore", "child"): {"own_ends": "0", "handler_runs": "0"},
        ("reap", "child"): {"own_ends": "1", "handler_runs": "1"},
        ("threads", "child"): {"own_ends": "1", "handler_runs": "0"},
        ("closed", "blocked"): {"own_ends": "0", "handler_runs": "0"},
    }
    pam_host.serve()
    asked = len(shared_verdicts.requests("/token"))
    started = [pam_host.start("alice", "bob", conditions=conditions, count=RUNS)
               for conditions in applications]
    for running, (conditions, noticed) in zip(started, applications.items()):
        report = running.finish(timeout=90)
        assert report.counts() == right(RUNS), conditions
        assert {**report.facts, **UNTOUCHED, **noticed} == report.facts, conditions
        assert report.number("messages") == RUNS / 2, conditions
    assert len(shared_verdicts.requests("/token")) == asked


@pytest.mark.parametrize("conditions", [
    (), ("ignore",), ("reap", "child"), ("threads", "child"), ("closed",), ("blocked",),
], ids="-".join)
def test_every_phase_leaves_the_application_unchanged(service, conditions):
    phases = "auth,account,setcred,open,setcred,close,delete"
    report = service.run("alice", conditions=conditions, count=4, phases=phases)
    assert [codes for _, codes in report.runs] == [
        tuple((phase, "SUCCESS") for phase in phases.split(","))] * 4
    assert {**report.facts, **UNTOUCHED} == report.facts
    assert report.number("handler_runs") == conditions.count("reap")


def test_a_thread_with_a_stack_of_64_kib_logs_in(service):
    """Neither the module nor its libraries may keep a token of 32 KiB on the stack."""
    phases = "auth,account,open,setcred,refresh,close"
    report = service.run("alice", conditions=("small-stack",), count=2, phases=phases)
    assert [codes for _, codes in report.runs] == [
        tuple((phase, "SUCCESS") for phase in phases.split(","))] * 2
    assert {**report.facts, **UNTOUCHED} == report.facts


def test_an_application_that_reaps_every_child_gets_its_verdicts(shared_verdicts, pam_host):
    """With __WALL the application also reaps the middle process."""
    pam_host.serve()
    report = pam_host.run("alice", "bob", conditions=("greedy", "child"), count=100)
    assert report.counts() == right(100)


def test_no_signal_handler_of_the_application_runs_in_its_copy(shared_verdicts, pam_host):
    """The copy is in its process group for a moment, with a copy of its memory."""
    pam_host.serve()
    report = pam_host.run("alice", "bob", conditions=("signalled",), count=100)
    assert report.counts() == right(100)
    assert {**report.facts, **UNTOUCHED, "copies_interrupted": "0"} == report.facts


def test_a_program_that_the_application_starts_does_not_inherit_the_socket(corp, service):
    asked = len(corp.requests("/token"))
    with held(corp) as release:
        caller = service.start("alice")
        held_helper(corp, asked + 1)
        assert inherited(HelperProcess(caller.child.pid)) == []
        release.set()
        assert caller.finish().codes == ("SUCCESS",)


@pytest.mark.parametrize("conditions", [("no-conversation",), ("mute",)], ids="-".join)
def test_a_refusal_stands_even_if_the_message_cannot_be_shown(
        shared_verdicts, pam_host, conditions):
    pam_host.serve()
    report = pam_host.run("alice", "bob", conditions=conditions, count=10)
    assert report.counts() == right(10)
    assert {**report.facts, **UNTOUCHED} == report.facts
    assert report.number("messages") == (5 if "mute" in conditions else 0)


# Limits and attributes of the caller


@pytest.mark.parametrize("wrapper", [
    ("prlimit", "--fsize=0:unlimited"),
    ("prlimit", "--fsize=0:0", "--nproc=7:7"),
    ("prlimit", "--nofile=12:4096"),
    ("prlimit", "--core=unlimited", "--cpu=1:100", "--stack=262144:8388608", "--memlock=0:0"),
    ("prlimit", "--as=300000000:300000000", "--data=100000000:100000000"),
    ("nice", "-n", "19"), ("nice", "-n", "-20"),
    ("ionice", "-c", "3"), ("chrt", "--idle", "0"), ("chrt", "--fifo", "1"),
    ("setpriv", "--inh-caps", "+chown"),
    ("setpriv", "--pdeathsig", "KILL"),
    ("setpriv", "--no-new-privs"),
    ("env", "--ignore-signal", "--block-signal"),
    ("setarch", "--addr-no-randomize", "--uname-2.6"),
    ("sh", "-c", "umask 0777; cd /proc/self; exec \"$@\"", "sh"),
], ids=" ".join)
def test_a_caller_with_unusual_limits_renews_and_stores_the_grant(
        corp, service, wrapper, oauth_login):
    spent = corp.refresh_token("alice")
    report = service.run("alice", wrapper=wrapper)
    assert report.codes == ("SUCCESS",)
    assert {**report.facts, **UNTOUCHED} == report.facts
    rotated = corp.refresh_token("alice")
    assert rotated != spent
    assert oauth_login.verdict("alice") == "granted"
    assert corp.requests("/token")[-1].form["refresh_token"] == rotated


def test_too_few_descriptors_are_named(host, service):
    """Six are enough for PAM and for one end of a socket outside of 0 to 2."""
    mark = host.log.mark()
    report = service.run("alice", conditions=("closed",), wrapper=("prlimit", "--nofile=6:4096"))
    assert report.codes == ("SYSTEM_ERR",)
    assert {**report.facts, **UNTOUCHED} == report.facts
    host.log.wait_for("cannot start the helper: Too many open files", since=mark)


@pytest.mark.parametrize("limit", ["--as=100000000:100000000", "--nofile=16:16"])
def test_a_resource_limit_that_is_too_low_is_named(host, corp, service, limit):
    """Where root may raise the limit, as outside of most containers, the login works instead."""
    mark, spent = host.log.mark(), corp.refresh_token("alice")
    (code,) = service.run("alice", wrapper=("prlimit", limit)).codes
    if int(HelperProcess(os.getpid()).status("CapEff")[0], 16) & CAP_SYS_RESOURCE:
        assert code == "SUCCESS"
        return
    assert code == "SYSTEM_ERR"
    host.log.wait_for("application's hard RLIMIT_.* is too low for the helper", since=mark)
    assert corp.refresh_token("alice") == spent


# Attributes of the helper


def test_a_helper_has_no_privileges_and_inherits_nothing_from_its_caller(host, corp, service):
    account = pwd.getpwnam("oauth-login")
    asked = len(corp.requests("/token"))
    with open("/etc/hostname", encoding="ascii") as stray, held(corp) as release:
        caller = service.start(
            "alice", conditions=("ignore", "blocked"), env={**os.environ, **HOSTILE},
            pass_fds=(stray.fileno(),), wrapper=("prlimit", "--core=unlimited", "nice", "-n", "7",
                                                "setpriv", "--groups", "adm,disk"))
        helper = held_helper(corp, asked + 1)

        assert helper.status("Uid") == [str(account.pw_uid)] * 4
        assert helper.status("Gid") == [str(account.pw_gid)] * 4
        assert helper.status("Groups") == []
        for kind in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(helper.status(kind)[0], 16) == 0, kind
        assert helper.status("NoNewPrivs") == ["1"]
        assert helper.status("Umask") == ["0077"]
        assert int(helper.status("SigBlk")[0], 16) == 0
        assert int(helper.status("SigIgn")[0], 16) == mask(
            signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE,
            signal.SIGXFSZ)
        assert helper.limit("Max core file size") == ("0", "0")
        assert helper.limit("Max open files") == ("64", "64")
        assert helper.stat(19) == 0, "nice"
        assert helper.stat(6) == helper.stat(5) != os.getsid(caller.child.pid), "session, group"
        assert helper.stat(7) == 0, "terminal"
        assert os.readlink(helper.path / "cwd") == "/"
        assert (helper.path / "environ").read_bytes() == b""
        assert (helper.path / "cmdline").read_bytes() == HELPER.encode() + b"\0"
        assert unexpected(helper.descriptors()) == {}

        release.set()
        assert caller.finish().codes == ("SUCCESS",)
    assert not Path("/tmp/keylog").exists()


def mask(*signals):
    return sum(1 << (number - 1) for number in signals)


def unexpected(descriptors):
    """All descriptors except the standard three, those of the store, and libraries' sockets and
    events."""
    store = {"/var/lib/oauth-login", "/var/lib/oauth-login/accounts"}
    store |= {f"/var/lib/oauth-login/accounts/alice/{name}"
              for name in ("lock", "record.0", "record.1")}
    return {
        fd: target for fd, target in descriptors.items()
        if not (target == "/dev/null" if fd <= 2 else
                target in store or target.startswith(("socket:[", "anon_inode:[event")))
    }


def test_the_helpers_own_user_cannot_look_into_a_helper(host, corp, service):
    asked = len(corp.requests("/token"))
    with held(corp) as release:
        caller = service.start("alice")
        helper = held_helper(corp, asked + 1)
        for name in ("mem", "environ", "maps", "auxv"):
            assert (helper.path / name).stat().st_uid == 0, name
            look = host.run_as("oauth-login", "head", "-c", "1", str(helper.path / name))
            assert "Permission denied" in look.stderr, name
        look = host.run_as("oauth-login", "ls", str(helper.path / "fd"))
        assert "Permission denied" in look.stderr
        release.set()
        assert caller.finish().codes == ("SUCCESS",)


def test_a_helper_does_not_inherit_an_idle_io_class(corp, service):
    """Even if the caller is in the idle class, a rotation must not wait for an idle disk."""
    asked = len(corp.requests("/token"))
    with held(corp) as release:
        caller = service.start("alice", wrapper=("ionice", "-c", "3"))
        helper = held_helper(corp, asked + 1)
        assert not run("ionice", "-p", str(helper.pid)).stdout.startswith("idle")
        release.set()
        assert caller.finish().codes == ("SUCCESS",)


@pytest.mark.parametrize("conditions", [(), ("closed",)], ids="-".join)
def test_a_helper_is_started_with_its_socket_and_nothing_else(host, service, conditions):
    """Looks before the helper can clean up itself: loader messages must not reach the caller."""
    seen = Path("/tmp/born-with")
    script(host, f"(stat -L -c '%n=%F' /proc/$$/fd/*; echo umask=$(umask); env) >{seen}")
    with open("/etc/hostname", encoding="ascii") as stray:
        service.run("alice", conditions=conditions, pass_fds=(stray.fileno(),))
    lines = dict(line.split("=", 1) for line in seen.read_text().splitlines())
    seen.unlink()
    kinds = {int(name.rpartition("/")[2]): kind for name, kind in lines.items() if "/fd/" in name}
    assert [kinds.pop(0), kinds.pop(1), kinds.pop(2)] == [
        "socket", "character special file", "character special file"]
    assert kinds == {10: "regular file"}, "the shell has the script open as 10"
    assert lines.pop("umask") == "0077"
    assert {name for name in lines if "/fd/" not in name} <= {"PWD", "OLDPWD", "SHLVL", "_"}


# A missing helper, or another program in its place


def script(host, body):
    """Replaces the helper by a shell script for this test."""
    host.files.write(HELPER, f"#!/bin/sh\n{body}\n", mode=0o755)


def sends(frame, after=""):
    """A script that sends this frame; after="wait": it then waits until the caller hangs up."""
    octal = "".join(f"\\{byte:03o}" for byte in frame)
    listen = "cat >/dev/null" if after == "wait" else "head -c 6 >/dev/null"
    return f"printf '{octal}' >&0\n{listen}"


ENDED, ODD = "ended without a reply", "reply was not understood"

IMPOSTORS = {
    "/bin/false": (Path("/bin/false").read_bytes(), ENDED),
    "echo": ("cat >&0", ODD),
    "killed": ("kill -SEGV $$", ENDED),
    "garbage": ("echo 'error while loading shared libraries' >&0; cat >/dev/null", ODD),
    "huge length": (sends(b"\xff\xff\xff\xff\1\4", "wait"), ODD),
    "length over the limit": (sends((36865).to_bytes(4, "big") + b"\1\4", "wait"), ODD),
    "no length": (sends(bytes(4), "wait"), ODD),
    "half a header": (sends(b"\0\0"), ENDED),
    "half a frame": (sends(reply(1)[:20]), ENDED),
    "wrong version": (sends(reply(1, version=2), "wait"), ODD),
    "wrong type": (sends(reply(1, kind=1), "wait"), ODD),
    "no verdict": (sends(reply(0), "wait"), ODD),
    "unknown verdict": (sends(reply(11), "wait"), ODD),
    "trailing bytes": (sends(reply(1, tail=b"\0"), "wait"), ODD),
    "reason too long": (sends(reply(1, reason=b"x" * 481), "wait"), ODD),
    "reason with a NUL": (sends(reply(1, reason=b"x\0y"), "wait"), ODD),
    "two notices": (sends(notice(500) * 2 + reply(1), "wait"), ODD),
    "a prompt at a login": (sends(prompt(1) + reply(1), "wait"), ODD),
}


@pytest.mark.parametrize("name", IMPOSTORS)
def test_a_program_that_is_not_the_helper_is_a_fault(host, corp, pam_host, name):
    program, why = IMPOSTORS[name]
    if isinstance(program, str):
        script(host, program)
    else:
        host.files.write(HELPER, program, mode=0o755)
    pam_host.serve("deadline=1s")
    mark, started = host.log.mark(), time.monotonic()
    report = pam_host.run("alice", phases="auth,account")
    assert time.monotonic() - started < 2
    assert report.codes == ("SYSTEM_ERR", "SYSTEM_ERR")
    assert report.facts["changed"] == "" and report.number("strangers") == 0
    host.log.wait_for(f"verdict=fault .*{why}", since=mark, count=2)
    assert "this machine's oauth-login failed" in report.facts["last_message"]


def test_control_characters_of_a_helper_do_not_reach_the_terminal(host, service, oauth_login):
    odd = b"\x1b[2Jred\r\x07\xc2\x9b"
    script(host, sends(notice(500) + reply(DENIED, reason=odd, message=odd), "wait"))
    assert service.run("alice").facts["last_message"] == "?[2Jred????"
    assert "?[2Jred????" in oauth_login.run("verify", "alice").stderr


@pytest.mark.parametrize("frames", [
    prompt(1801), prompt(1) * 2, prompt(1)[:-4] + (1).to_bytes(4, "big"),
], ids=["a long wait", "two prompts", "another way"])
def test_a_wrong_prompt_of_a_helper_at_an_enrollment_is_a_fault(host, corp, oauth_login, frames):
    script(host, sends(notice(500) + frames + reply(1), "wait"))
    result = oauth_login.run("enroll", "alice", timeout=10)
    assert result.status == 5 and ODD in result.stderr, result


def test_the_stand_in_for_the_helper_can_grant(host, service):
    """Shows that the other tests with a script can fail."""
    script(host, sends(notice(500) + reply(1)))
    assert service.run("alice").codes == ("SUCCESS",)


@pytest.mark.parametrize("program", [
    "exec /bin/cat", sends(reply(1)[:20], "wait"), sends(notice(1000), "wait"),
    sends(notice(0xFFFFFFFF), "wait"),
], ids=["silent", "half a frame", "after a notice", "endless notice"])
def test_a_helper_that_hangs_is_abandoned_at_the_deadline(host, corp, pam_host, program):
    script(host, program)
    pam_host.serve("deadline=1s")
    mark, started = host.log.mark(), time.monotonic()
    caller = pam_host.start("alice")
    assert caller.finish(timeout=5).codes == ("AUTHINFO_UNAVAIL",)
    assert 1 <= time.monotonic() - started < 2
    host.log.wait_for("verdict=unreachable .*the helper did not answer in time", since=mark)


@pytest.mark.parametrize(("break_it", "why"), [
    (lambda host: host.files.remove(HELPER), "execve.*: No such file or directory"),
    (lambda host: host.files.write(HELPER, b"\x7fELF", mode=0o644), "execve.*: Permission denied"),
    (lambda host: host.files.write(HELPER, b"\x7fELF", mode=0o755), "execve.*: Exec format error"),
    (lambda host: rename_user(host, "gone"), "there is no user oauth-login"),
    (lambda host: rename_user(host, "oauth-login", "0:0"), "must not have uid or gid 0"),
    (lambda host: rename_user(host, "oauth-login", "990:0"), "must not have uid or gid 0"),
], ids=["missing", "not executable", "no program", "no user", "user is root", "group is root"])
def test_a_helper_that_cannot_be_started_is_a_fault(host, corp, service, break_it, why):
    break_it(host)
    mark, started = host.log.mark(), time.monotonic()
    report = service.run("alice", phases="auth,account")
    assert time.monotonic() - started < 1
    assert report.codes == ("SYSTEM_ERR", "SYSTEM_ERR")
    assert report.facts["changed"] == "" and report.number("strangers") == 0
    host.log.wait_for(f"verdict=fault .*{why}", since=mark, count=2)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_helper_that_dies_is_a_fault_at_once(host, corp, service, number):
    asked, mark = len(corp.requests("/token")), host.log.mark()
    with held(corp):
        caller = service.start("alice")
        helper = held_helper(corp, asked + 1)
        os.kill(helper.pid, number)
        helper.wait_for_end(timeout=1)
        assert caller.finish(timeout=1).codes == ("SYSTEM_ERR",)
    host.log.wait_for(f"verdict=fault .*{ENDED}", since=mark)
