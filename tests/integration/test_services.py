# SPDX-License-Identifier: BSD-2-Clause
"""The shipped pam.d examples, with a live and with a dead grant."""

import shutil

import pytest

from open_sessions import READ_KEY
from pam_application import converse
from terminal import Terminal

GONE = "corp no longer honors this machine's grant for alice"
SERVICES = ("cron", "login", "polkit-1", "sshd", "su", "sudo", "sudo-i")
SUDOS = pytest.mark.parametrize(  # Debian has sudo-rs since 13
    "program", [name for name in ("sudo", "sudo-rs") if shutil.which(name)])


@pytest.fixture(autouse=True)
def examples(oauth_login):
    oauth_login.use(*SERVICES)


def is_token(provider, text, user="alice"):
    return provider.userinfo(text.strip())["sub"] == provider.subject(user)


def wait_for_refusal(host, service, mark):
    """Waits until the log has the refusal by this service."""
    host.log.wait_for(rf"pam_oauth_login\({service}:account\): alice: reauthorize by corp "
                      r"\(verdict=reauthorize .*reason=\"invalid_grant", since=mark)


# sudo


@SUDOS
def test_sudo_works_while_the_grant_is_alive_and_is_refused_after_it(host, corp, program):
    host.sudoers("alice ALL = NOPASSWD: ALL")
    mark = host.log.mark()
    assert host.sudo("alice", "id", "-un", program=program).stdout == "root\n"
    host.log.wait_for(r"pam_oauth_login\(sudo:account\): alice: granted by corp", since=mark)
    corp.remove_user("alice")
    refused = host.sudo("alice", "id", "-un", program=program)  # sudo sets PAM_SILENT
    assert refused.status == 1 and "Permission denied" in refused.stdout, refused
    wait_for_refusal(host, "sudo", mark)


@SUDOS
def test_sudo_with_a_login_shell_is_refused_after_the_grant_has_ended(host, corp, program):
    host.sudoers("alice ALL = NOPASSWD: ALL")
    shell = {"options": ["-i"], "program": program}
    assert host.sudo("alice", "id", "-un", **shell).stdout.endswith("root\n")
    corp.remove_user("alice")
    mark = host.log.mark()
    assert not host.sudo("alice", "id", "-un", **shell).ok
    wait_for_refusal(host, "sudo(-i)?", mark)  # sudo-rs has sudo's file for both


@SUDOS
def test_a_cached_password_does_not_open_sudo_after_the_account_is_gone(
        host, corp, alice, program):
    host.sudoers("alice ALL = ALL")
    with Terminal("sh", user="alice") as shell:
        shell.send_line(f"{program} id -un; echo typed=$?")
        shell.expect("(?i)password.*: ?$")
        shell.send_line(alice.password)
        shell.expect("root\ntyped=0")
        shell.send_line(f"{program} -n id -un; echo cached=$?")
        shell.expect("root\ncached=0")
        corp.remove_user("alice")
        mark = host.log.mark()
        shell.send_line(f"{program} -n id -un; echo gone=$?")
        shell.expect("Permission denied(?s:.*)gone=1")
    wait_for_refusal(host, "sudo", mark)


def test_an_expired_password_does_not_open_sudo_after_the_account_is_gone(host, corp):
    """With NOPASSWD, sudo ignores that the password has expired, and common-account ends there;
    sudo-rs has it changed first."""
    host.sudoers("alice ALL = NOPASSWD: ALL")
    expire(host, "--lastday", "0")
    assert host.sudo("alice", "id", "-un").stdout.endswith("root\n")
    corp.remove_user("alice")
    mark = host.log.mark()
    assert not host.sudo("alice", "id", "-un").ok
    wait_for_refusal(host, "sudo", mark)


@SUDOS
def test_the_environment_of_sudo_has_no_variable_of_the_module(host, corp, program):
    host.sudoers("alice ALL = NOPASSWD: ALL")
    seen = host.sudo("alice", "env", program=program)
    assert seen.ok and "SUDO_USER=alice" in seen.stdout
    assert "OAUTH_LOGIN" not in seen.stdout


# sshd


def test_a_key_login_is_refused_after_the_grant_has_ended(host, corp, sshd):
    assert is_token(corp, sshd.ssh("alice", READ_KEY).stdout)
    corp.remove_user("alice")
    mark = host.log.mark()
    login = sshd.ssh("alice", "echo in")
    assert (login.status, login.stdout) == (255, "") and GONE in login.stderr, login
    wait_for_refusal(host, "sshd", mark)


def test_an_expired_password_does_not_hide_a_dead_grant(host, corp, sshd):
    """common-account ends at new_authtok_reqd=done, so lines after it are never run."""
    expire(host, "--lastday", "0")
    assert "assword" in sshd.ssh("alice").stderr
    corp.remove_user("alice")
    login = sshd.ssh("alice")
    assert login.status == 255 and GONE in login.stderr, login
    assert "assword change" not in login.stderr


def test_a_live_grant_does_not_open_an_expired_account(host, corp, sshd):
    assert sshd.ssh("alice").ok
    expire(host, "--expiredate", "1")
    login = sshd.ssh("alice")
    assert login.status == 255 and "expired" in login.stderr, login
    assert corp.alive("alice")


def expire(host, *how):
    """Runs chage for alice; the files are restored after the test."""
    shadow = host.files.write("/etc/shadow", open("/etc/shadow").read(), mode=0o640,
                              group="shadow")
    assert shadow.exists() and host.run_as("root", "chage", *how, "alice").ok


# su


@pytest.mark.parametrize("by", ("root", "bob"))
def test_su_brings_the_token_and_is_refused_after_the_grant_has_ended(host, corp, alice, bob, by):
    typed = {} if by == "root" else {"as_user": by, "password": alice.password}
    opened = host.su("alice", READ_KEY, **typed)
    assert opened.ok and is_token(corp, opened.stdout.splitlines()[-1]), opened
    corp.remove_user("alice")
    mark = host.log.mark()
    refused = host.su("alice", "echo in", **typed)
    assert refused.status == 1 and GONE in refused.stdout and "\nin" not in refused.stdout
    wait_for_refusal(host, "su-l", mark)


def test_su_without_the_dash_brings_the_token_too(host, corp):
    """For PAM, `su` is a service other than `su -`."""
    opened = host.run_as("root", "su", "alice", "-c", READ_KEY)
    assert opened.ok and is_token(corp, opened.stdout), opened


def test_su_to_root_needs_no_grant(host, corp):
    corp.stop()
    assert host.run_as("root", "su", "-", "root", "-c", "id -u").stdout == "0\n"


# cron


def run_job(host, command):
    """Runs a command as a cron job of alice; returns the mark of the log before it."""
    mark = host.log.mark()
    with host.cron(f"@reboot alice {command}"):
        host.log.wait_for(r"CRON\[\d+\]: (\(alice\) END|Permission denied)", since=mark)
    return mark


def test_a_cron_job_runs_while_the_grant_is_alive(host, corp, alice):
    made = alice.home / "job"
    mark = run_job(host, f"id -un >{made}")
    assert made.read_text() == "alice\n"
    made.unlink()
    host.log.wait_for(r"pam_oauth_login\(cron:account\): alice: granted by corp", since=mark)


def test_the_environment_of_a_cron_job_has_no_variable_of_the_module(host, corp, alice):
    made = alice.home / "job"
    run_job(host, f"env >{made}")
    environment = made.read_text()
    made.unlink()
    assert "LOGNAME=alice" in environment
    assert "OAUTH_LOGIN" not in environment


def test_a_cron_job_does_not_run_after_the_grant_has_ended(host, corp, alice):
    corp.remove_user("alice")
    made = alice.home / "job"
    mark = run_job(host, f"touch {made}")
    wait_for_refusal(host, "cron", mark)
    assert host.log.matching(r"CRON\[\d+\]: Permission denied", mark)
    assert not made.exists()


# login


def test_login_on_a_terminal_brings_the_token_and_is_refused_after_the_grant_has_ended(
        host, corp, alice):
    with Terminal("login", "alice") as console:
        console.expect("(?i)password.*: ?$")
        console.send_line(alice.password)
        console.expect(r"\$ $")
        console.send_line(f"{READ_KEY}; echo; exit")
        assert is_token(corp, console.expect("\n(access-[^\n]+)\n")[1])
        console.wait()
    corp.remove_user("alice")
    with Terminal("login", "alice") as console:
        console.expect("(?i)password.*: ?$")
        console.send_line(alice.password)
        console.expect(GONE)
        assert console.wait() != 0
        assert "$ " not in console.output


# polkit


def polkit(user):
    """Does what polkit's agent helper does once it has the password of the caller of run0."""
    return converse("polkit-1", user.name, "authenticate", "acct_mgmt", password=user.password)


def test_a_password_opens_no_run0_or_pkexec_after_the_grant_has_ended(host, corp, alice):
    assert polkit(alice).codes == ("SUCCESS", "SUCCESS")
    corp.remove_user("alice")
    mark = host.log.mark()
    refused = polkit(alice)
    assert refused.codes == ("SUCCESS", "PERM_DENIED")
    assert GONE in refused.said[-1]
    wait_for_refusal(host, "polkit-1", mark)


def test_an_account_without_a_grant_does_not_become_root_by_run0(host, corp, bob):
    assert polkit(bob).codes == ("SUCCESS", "PERM_DENIED")
