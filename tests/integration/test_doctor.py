# SPDX-License-Identifier: BSD-2-Clause
"""`oauth-login doctor` names each problem with its fix, and says "all good" only if all is good."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from time import CLOCK_BOOTTIME, clock_gettime, time

import pytest
from installation import STORE
import pam_lines
from process import run
from real_provider import HAS_GLEWLWYD
from resident import Resident
from scripted_provider import ScriptedProvider
from scripted_server import Answer
from open_sessions import write_session

SERVICES = ("sshd", "su", "su-l", "sudo", "sudo-i", "cron", "login", "polkit-1", "gdm-password")


@pytest.fixture
def well(oauth_login, provider, alice):
    """A machine without any problem; alice is enrolled at a provider with a client secret."""
    provider.client_auth = "client_secret_basic"
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    oauth_login.use(*SERVICES)
    return oauth_login


def findings(machine, level="error"):
    """The findings of this level."""
    return [one for one in machine.run_json("doctor")["findings"] if one["level"] == level]


def one_wrong(machine, status=4):
    """The only error, which also decides the exit status."""
    result = machine.run("doctor")
    assert result.status == status, result
    (finding,) = findings(machine)
    assert finding["why"] and finding["fix"]
    for part in finding.values():
        assert untimed(part) in untimed(result.stdout)
    return finding


def untimed(text):
    """Removes the times that libcurl reports, which differ between two runs."""
    return re.sub(r" after \d+ ms", "", text)


def with_lines(host, service, before, after):
    """Replaces lines in the stack of a service."""
    text = host.pam_text(service)
    assert before in text
    host.pam(service, text.replace(before, after))


def place(host, service, phase):
    """The location of the module's line in this phase, as doctor shows it."""
    lines = host.pam_text(service).splitlines()
    (number,) = [number for number, line in enumerate(lines, 1)
                 if line.startswith(phase) and "pam_oauth_login.so" in line]
    return f"pam.d/{service}:{number}: {phase}:"


def test_doctor_says_all_good_with_a_real_provider_and_the_shipped_examples(
        oauth_login, glewlwyd, alice):
    oauth_login.configure(glewlwyd)
    oauth_login.enroll_at(glewlwyd, "alice")
    oauth_login.use(*SERVICES)
    result = oauth_login.run("doctor")
    assert result.ok, result
    assert result.stdout.endswith("\nall good\n")
    for part in ("discovery at", f"corp knows bastion ({glewlwyd.doctors_word})",
                 "clock: agrees", "1 account; every", "UsePAM yes",
                 *(f"pam.d/{service}:" for service in SERVICES)):
        assert part in result.stdout
    document = oauth_login.run_json("doctor")
    assert document["verdict"] == "good"
    assert {one["level"] for one in document["findings"]} == {"good"}


def test_a_wrong_secret_is_found_without_a_clear_error_and_costs_no_grant(
        oauth_login, glewlwyd, host, alice):
    oauth_login.configure(glewlwyd)
    oauth_login.enroll_at(glewlwyd, "alice")
    oauth_login.use(*SERVICES)
    host.write_secret("corp.secret", "another")
    finding = one_wrong(oauth_login)
    assert "corp refuses bastion or its secret" in finding["what"]
    assert "client_secret_file" in finding["fix"]
    host.write_secret("corp.secret", glewlwyd.client_secret)
    assert oauth_login.run("doctor").ok
    assert oauth_login.verdict("alice") == "granted"


def test_lines_that_an_upgrade_took_out_of_sshd_are_named(well, host):
    with_lines(host, "sshd", "pam_oauth_login.so", "pam_permit.so")
    (lost,) = findings(well, level="warning")
    assert lost["what"].startswith("pam.d/sshd: it has no line of pam_oauth_login.so")
    assert "/usr/share/doc/oauth-login/pam.d/sshd" in lost["fix"]


def test_a_wrong_secret_is_found_by_invalid_client(well, host):
    host.write_secret("corp.secret", "another")
    assert "corp refuses bastion or its secret" in one_wrong(well)["what"]


def test_a_wrong_client_id_without_a_secret_is_found(oauth_login, provider, host, alice):
    oauth_login.use(*SERVICES)
    oauth_login.configure(provider, client_id="bastoin")
    finding = one_wrong(oauth_login)
    assert "corp refuses bastoin (" in finding["what"]
    assert "set client_id" in finding["fix"]


def test_a_public_client_is_checked_with_a_device_authorization(oauth_login, glewlwyd, host, alice):
    glewlwyd.add_client("kiosk", auth_method="none")
    oauth_login.configure(glewlwyd, client_id="kiosk", client_auth="none", client_secret_file="",
                          scope="openid offline_access")
    word = "device authorization: HTTP 200" if HAS_GLEWLWYD else glewlwyd.doctors_word
    assert f"corp knows kiosk ({word})" in oauth_login.run("doctor").stdout


def test_a_successful_doctor_ends_the_backoff_of_logins(well, provider):
    right, provider.client_secret = provider.client_secret, "changed over there"
    assert well.verdict("alice") == "misconfigured"
    provider.client_secret = right
    assert well.verdict("alice") == "misconfigured", "a provider may revoke a grant for it"
    assert "logins of alice ask the provider again at once" in well.run("doctor").stdout
    assert well.verdict("alice") == "granted"


def test_a_failing_doctor_does_not_end_the_backoff_of_logins(well, provider):
    provider.client_secret = "changed over there"
    assert well.verdict("alice") == "misconfigured"
    assert well.run("doctor").status == 4
    asked = len(provider.requests("/token"))
    assert well.verdict("alice") == "misconfigured"
    assert len(provider.requests("/token")) == asked


def test_doctor_sends_no_stored_token(well, provider):
    well.run("doctor")
    sent = [request.form["refresh_token"] for request in provider.requests("/token")]
    assert sent[-1] == "made-up-by-oauth-login-doctor"
    assert well.verdict("alice") == "granted"


def test_a_provider_that_does_not_tell_whether_the_client_is_right_is_a_warning(well, provider):
    provider.queue("/token", Answer(status=400), Answer(status=400))
    result = well.run("doctor")
    assert result.ok
    assert "does not tell whether bastion is right" in result.stdout
    assert result.stdout.endswith("\nall good, with 1 warning\n")


def test_a_wrong_ca_file_is_named_as_the_cause(well, provider, authority):
    well.configure(provider, ca_file=authority.self_signed("other", "Other authority").file)
    finding = one_wrong(well)
    assert "TLS failed" in finding["what"]
    assert "set ca_file" in finding["fix"]


@pytest.mark.parametrize("kind, status, fix", [
    ("expired", 3, "the provider must renew its certificate"),
    ("not_yet_valid", 3, "this machine's clock"),
    ("wrong_host", 4, "the certificate is for another host"),
])
def test_each_kind_of_bad_certificate_has_its_own_fix(kind, status, fix, well, authority):
    with ScriptedProvider(getattr(authority, kind)(), authority.file) as provider:
        provider.client_auth = "client_secret_basic"
        well.configure(provider)
        assert fix in one_wrong(well, status)["fix"]


def with_clock(provider, ahead):
    """Answers of the provider in which its clock is `ahead` seconds fast."""
    def answer(request):
        date = {"Date": formatdate(time() + ahead, usegmt=True)}
        correct = provider.correct(request)
        return replace(correct, headers={**correct.headers, **date})
    return answer


@pytest.mark.parametrize("ahead, words", [(3600, "behind"), (-3600, "ahead of")])
def test_a_clock_that_is_off_by_an_hour_is_found(ahead, words, well, provider):
    provider.answer = with_clock(provider, ahead)
    finding = one_wrong(well)
    assert finding["what"] == f"clock: 60 min {words} the provider's"


def test_a_clock_that_is_off_by_two_minutes_is_a_warning(well, provider):
    provider.answer = with_clock(provider, 120)
    assert well.run("doctor").ok
    (finding,) = findings(well, "warning")
    assert finding["what"].startswith("clock: 1")


def test_a_provider_that_is_down_is_the_only_finding(well, provider):
    provider.stop()
    finding = one_wrong(well, status=3)
    assert "provider: https://localhost:" in finding["what"]


def test_another_issuer_in_the_discovery_document_is_found(well, provider):
    provider.discovery["issuer"] = "https://elsewhere.example"
    finding = one_wrong(well)
    assert "names issuer https://elsewhere.example" in finding["what"]


def test_a_proof_that_the_provider_does_not_offer_is_found(well, provider):
    well.configure(provider, require="introspection")
    assert "corp has no introspection_endpoint" in one_wrong(well)["what"]


def test_a_wrong_configuration_is_named_with_file_and_line(well, host):
    host.configure("[login]\nprovidr = corp\n")
    finding = one_wrong(well)
    assert "/oauth-login.conf:2: [login] providr: unknown key" in finding["what"]


def test_a_configuration_that_the_helper_cannot_read_is_found(well):
    Path("/etc/oauth-login/oauth-login.conf").chmod(0o600)
    assert "the user oauth-login can't read" in one_wrong(well)["what"]


def test_a_secret_that_everybody_may_read_is_found(well):
    Path("/etc/oauth-login/corp.secret").chmod(0o644)
    assert "chmod 0640 /etc/oauth-login/corp.secret" in one_wrong(well)["what"]


def test_a_directory_of_the_configuration_that_others_may_write_is_found(well):
    directory = Path("/etc/oauth-login")
    directory.chmod(0o777)
    try:
        assert "/etc/oauth-login is writable by others" in one_wrong(well)["what"]
    finally:
        directory.chmod(0o755)


def test_a_store_with_a_wrong_owner_is_found(well):
    os.chown(STORE, 2000, 2000)
    try:
        assert "belongs to uid 2000" in one_wrong(well, status=5)["what"]
    finally:
        shutil.chown(STORE, "oauth-login", "oauth-login")


def test_a_record_that_does_not_open_is_found_with_its_account(well):
    for slot in ("record.0", "record.1"):
        os.truncate(STORE / "accounts" / "alice" / slot, 100)
    assert "store: alice: no record" in one_wrong(well, status=5)["what"]


def test_a_lost_master_key_is_found_once(well, provider, bob):
    well.enroll(provider, "bob")
    (STORE / "key").unlink()
    assert "the master key" in one_wrong(well, status=5)["what"]


def test_an_account_that_is_gone_is_a_warning(well, provider, host):
    host.add_user("leaver")
    well.enroll(provider, "leaver")
    host.delete_user("leaver")
    assert well.run("doctor").ok
    (finding,) = findings(well, "warning")
    assert "store: leaver: the account does not exist any more" in finding["what"]


def test_a_missing_user_is_found(well, host):
    lines = Path("/etc/passwd").read_text().splitlines(keepends=True)
    host.files.write("/etc/passwd", "".join(
        line for line in lines if not line.startswith("oauth-login:")))
    result = well.run("doctor")
    assert result.status == 5
    assert "error   user: oauth-login does not exist on this machine" in result.stdout
    assert "systemd-sysusers" in result.stdout


def test_a_setuid_helper_is_found(well):
    helper = Path("/usr/libexec/oauth-login-helper")
    helper.chmod(0o4755)
    try:
        result = well.run("doctor")
    finally:
        helper.chmod(0o755)
    assert result.status == 5
    assert f"error   helper: {helper} is setuid or setgid" in result.stdout


def test_a_session_line_before_pam_keyinit_is_found(well, host):
    line = "session    required     pam_oauth_login.so\n"
    keyinit = "session    optional     pam_keyinit.so force revoke\n"
    with_lines(host, "sshd", keyinit + line, line + keyinit)
    finding = one_wrong(well)
    assert finding["what"] == f"{place(host, 'sshd', 'session')} it comes before pam_keyinit.so"


def test_a_sufficient_account_line_is_found(well, host):
    with_lines(host, "sudo", "account    required   pam_oauth", "account    sufficient pam_oauth")
    what = [finding["what"] for finding in findings(well)]
    assert f"{place(host, 'sudo', 'account')} the control is weaker than required" in what
    assert well.run("doctor").status == 4


def test_an_account_line_after_an_include_that_can_end_the_stack_is_found(well, host):
    line = "account    required   pam_oauth_login.so\n"
    with_lines(host, "sudo", line + "@include common-account\n", "@include common-account\n" + line)
    finding = one_wrong(well)
    assert "pam_unix.so (common-account:" in finding["what"]
    assert "may end the phase before it" in finding["what"]


def test_a_jump_over_the_account_line_is_found(well, host):
    line = "account    required   pam_oauth_login.so\n"
    jump = "account    [success=1 default=ignore] pam_succeed_if.so user = somebody\n"
    with_lines(host, "sudo", line, jump + line)
    finding = one_wrong(well)
    assert "pam_succeed_if.so (sudo:" in finding["what"]
    assert "may jump over it" in finding["what"]


def test_an_account_line_that_is_the_only_one_is_found(well, host):
    with_lines(host, "cron", "@include common-account\n", "")
    assert one_wrong(well)["what"].startswith(f"{place(host, 'cron', 'account')} it is the only")


@pytest.mark.parametrize("option", ["assume_proven", "permissive", "nouserok"])
def test_an_option_that_weakens_the_check_is_a_warning(option, well, host):
    with_lines(host, "sudo", "account    required   pam_oauth_login.so",
               f"account    required   pam_oauth_login.so {option}")
    assert well.run("doctor").ok
    (finding,) = findings(well, "warning")
    assert finding["what"] == f"{place(host, 'sudo', 'account')} option {option}"


def test_an_option_that_the_module_does_not_know_is_found(well, host):
    with_lines(host, "sudo", "account    required   pam_oauth_login.so",
               "account    required   pam_oauth_login.so permisive")
    finding = one_wrong(well)
    assert finding["what"].startswith(f"{place(host, 'sudo', 'account')} option 'permisive'")


@pytest.mark.parametrize("name", ["pam_oauthlogin.so", "pam-oauth-login.so", "pam_oauth_login"])
def test_a_misspelt_module_is_found(name, well, host):
    with_lines(host, "sudo", "account    required   pam_oauth_login.so",
               f"account    required   {name}")
    number = 1 + host.pam_text("sudo").splitlines().index(f"account    required   {name}")
    finding = one_wrong(well)
    assert finding["what"].startswith(f"pam.d/sudo:{number}: account: there is no module")
    assert finding["fix"] == "write pam_oauth_login.so"


def test_a_session_line_without_an_account_line_is_a_warning(well, host):
    with_lines(host, "sshd", "account    required     pam_oauth_login.so\n", "")
    assert well.run("doctor").ok
    (finding,) = findings(well, "warning")
    assert finding["what"] == f"{place(host, 'sshd', 'session')} there is no account line"


def test_a_module_that_no_service_uses_is_a_warning(oauth_login, provider):
    oauth_login.configure(provider)
    assert oauth_login.run("doctor").ok
    (finding,) = findings(oauth_login, "warning")
    assert "no service has pam_oauth_login.so" in finding["what"]


def test_an_sshd_that_does_not_use_pam_is_found(well, host):
    host.files.write("/etc/ssh/sshd_config", "UsePAM no\n")
    assert "sshd: UsePAM is no" in one_wrong(well)["what"]


def test_a_login_grace_time_shorter_than_a_login_is_a_warning(well, host):
    host.files.write("/etc/ssh/sshd_config", "UsePAM yes\nLoginGraceTime 20\n")
    assert well.run("doctor").ok
    (finding,) = findings(well, "warning")
    assert "LoginGraceTime is 20 s, but a login may wait 10 s" in finding["what"]
    with_lines(host, "sshd", "account    required     pam_oauth_login.so",
               "account    required     pam_oauth_login.so deadline=5s")
    assert not findings(well, "warning"), "the option overrides the configuration"


def test_an_sshd_whose_configuration_is_broken_is_a_warning(well, host):
    host.files.write("/etc/ssh/sshd_config", "UsePAN yes\n")
    assert well.run("doctor").ok
    (finding,) = findings(well, "warning")
    assert "sshd -T failed: /etc/ssh/sshd_config: terminating, 1 bad config" in finding["what"]


def test_doctor_run_by_a_user_checks_less_and_says_so(well, host, bob):
    result = host.run_as("bob", "oauth-login", "doctor")
    assert result.ok, result
    assert "pam.d/sshd: the module always runs" in result.stdout
    assert "Run as root, doctor also checks the configuration" in result.stdout
    assert "store" not in result.stdout.split("all good")[0]


# Starts a helper, sends it a DOCTOR request as the present user, and prints the first frame.
ASK = """
import socket, subprocess, sys
ours, theirs = socket.socketpair()
fields = bytes([1, 1, 10]) + bytes(8) + b"\\xff" * 12 + bytes(4)
with subprocess.Popen(["/usr/libexec/oauth-login-helper"], stdin=theirs):
    theirs.close()
    ours.sendall(len(fields).to_bytes(4, "big") + fields)
    size = int.from_bytes(ours.recv(4, socket.MSG_WAITALL), "big")
    frame = ours.recv(size, socket.MSG_WAITALL)
print(frame[1], frame[2:])
"""


def test_the_helper_sends_its_findings_to_root_only(well, host, bob):
    said = host.run_as("bob", "/usr/bin/python3", "-c", ASK).stdout
    assert said.startswith("4 "), "a REPLY, and no FINDING before it"
    assert f"uid {bob.uid} may not request this; only root may" in said


def test_doctor_shows_no_secret(well, provider, host):
    host.write_secret("corp.secret", "do-not-show-this-secret")
    said = well.run("doctor").stdout + run("oauth-login", "doctor", "--json").stdout
    assert "do-not-show" not in said
    assert provider.refresh_token("alice") not in said


def test_doctor_checks_that_sshd_allows_enrollment_in_a_login(well, host):
    with_lines(host, "sshd", "@include common-auth",
               "auth [success=done ignore=ignore default=die] pam_oauth_login.so enroll\n"
               "@include common-auth")
    host.files.write("/etc/ssh/sshd_config", "UsePAM yes\nLoginGraceTime 110\n"
                                             "KbdInteractiveAuthentication no\n")
    said = " ".join(finding["what"] for finding in findings(well, "warning"))
    assert "LoginGraceTime is 110 s, but an enrollment in a login may take 100 s" in said
    assert "KbdInteractiveAuthentication" in said + str(findings(well))
    host.files.write("/etc/ssh/sshd_config", "UsePAM yes\nLoginGraceTime 111\n"
                                             "KbdInteractiveAuthentication yes\n")
    result = well.run("doctor")
    assert result.ok and "all good" in result.stdout, result


@pytest.mark.parametrize("values, late", [
    ({"opened": -600, "due": None}, True), ({"opened": -30, "due": None}, False),
    ({"opened": -9000, "due": -600}, True), ({"opened": -9000, "due": 600}, False),
], ids=["never checked", "new", "overdue", "checked"])
def test_sessions_that_no_watch_checks_are_a_warning(values, late, well, alice):
    """The values are seconds from now on CLOCK_BOOTTIME."""
    now = int(clock_gettime(CLOCK_BOOTTIME))
    with subprocess.Popen(["sleep", "60"]) as leader:
        file = write_session("alice", leader.pid)
        opened, due = (0 if value is None else now + value for value in values.values())
        file.write_text(file.read_text().replace("opened 1\ndue 1\n",
                                                 f"opened {opened}\ndue {due}\n"))
        found = [one for one in findings(well, "warning") if one["what"].startswith("sessions:")]
        leader.terminate()
    file.unlink()
    assert bool(found) == late
    assert not late or "oauth-login-watch.timer" in found[0]["fix"]


def test_a_service_that_a_locker_includes_is_checked_too(well, host):
    host.pam("swaylock", "auth include login\n")
    with_lines(host, "login", "account    required   pam_oauth", "account    optional   pam_oauth")
    assert one_wrong(well)["what"].startswith(place(host, "login", "account"))


GDM_AUTH = "auth    required        pam_oauth_login.so\n"


def test_a_gdm_without_the_auth_line_is_a_warning(well, host):
    with_lines(host, "gdm-password", GDM_AUTH, "")
    assert well.run("doctor").ok
    (finding,) = findings(well, "warning")
    assert finding["what"].startswith("pam.d/gdm-password:")
    assert finding["what"].endswith("there is no auth line")
    assert "auth required pam_oauth_login.so" in finding["fix"]


def test_a_line_that_can_bypass_the_modules_auth_line_is_found(well, host):
    with_lines(host, "gdm-password", "@include common-auth\n",
               "auth sufficient pam_fprintd.so\n@include common-auth\n")
    finding = one_wrong(well)
    assert finding["what"].startswith(place(host, "gdm-password", "auth"))
    assert "pam_fprintd.so (gdm-password:" in finding["what"]
    assert "may end the phase before it" in finding["what"]


def test_an_optional_auth_line_for_a_screen_is_found(well, host):
    with_lines(host, "gdm-password", GDM_AUTH, GDM_AUTH.replace("required", "optional"))
    assert one_wrong(well)["what"].startswith(place(host, "gdm-password", "auth"))


@pytest.mark.parametrize("service", ["swaylock", "i3lock"])
def test_a_locker_without_a_resident_helper_is_found(service, well, host):
    host.pam(service, pam_lines.with_lines(pam_lines.own_stack("swaylock"),
                                           pam_lines.example("swaylock")))
    finding = one_wrong(well, status=5)
    assert finding["what"].startswith(f"pam.d/{service}: no resident helper")
    assert "oauth-login-helper.socket" in finding["fix"]
    resident = Resident()
    try:
        assert findings(well) == []
    finally:
        resident.end()
