# SPDX-License-Identifier: BSD-2-Clause
"""The option `enroll`: a first login enrolls, if a person can answer."""

import re
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from device_codes import CODE, pending, tokens
from helper_process import running, wait_until
from open_sessions import READ_KEY
from pam_application import converse
from scripted_server import Answer
from terminal import Terminal

COMMAND = "oauth-login enroll alice"
# From OpenSSH 10.3 on, what PAM says comes before the prompt, which then has a prefix.
PROMPT = r"(?:\(alice@[\d.]+\) )?Press Enter when you have approved it: "
NOT_ASKED = r"alice: not asked to enroll: "
BOTH = {"methods": "publickey,keyboard-interactive"}
SSHD = """
LoginGraceTime 120
AuthenticationMethods publickey,keyboard-interactive:pam
Match User bob
    AuthenticationMethods publickey
"""


@pytest.fixture(scope="module")
def proving_sshd(host):
    """An sshd that requires a key first, except for bob, who needs only a key."""
    with host.sshd(SSHD) as server:
        yield server


@pytest.fixture
def real(oauth_login, glewlwyd, alice, bob):
    """The real provider, for which the machine is configured; nobody is enrolled."""
    oauth_login.configure(glewlwyd, scope="openid offline_access")
    return glewlwyd


@pytest.fixture
def device(oauth_login, provider, alice, bob):
    """A scripted provider with device authorization, where nobody has approved anything yet."""
    provider.discovery["device_authorization_endpoint"] = f"{provider.issuer}/device"
    provider.answer = lambda request: code_or_pending(provider, request)
    provider.code = {**CODE, "verification_uri": f"{provider.issuer}/go"}
    oauth_login.configure(provider)
    return provider


def code_or_pending(provider, request):
    if request.path == "/device":
        return Answer.json(provider.code)
    asked = request.form.get("grant_type", "")
    return pending() if request.path == "/token" and "device_code" in asked else None


def use_example(host, oauth_login, option="enroll"):
    """Installs the example of sshd, with its line for enrollments active."""
    oauth_login.use("sshd")
    text = host.pam_text("sshd")
    assert "\n#auth [" in text
    host.pam("sshd", text.replace("\n#auth [", "\nauth [").replace("so enroll\n", f"so {option}\n"))


@contextmanager
def login(server, command="id -un", user="alice", **how):
    """A login with an ordinary ssh client on a terminal."""
    with Terminal(*server.client(user, command, ask=True, **{**BOTH, **how})) as terminal:
        yield terminal


def shown_code(terminal):
    """Waits for the whole prompt; returns the code."""
    terminal.expect(r"To enroll alice, open within \d+ s, in a browser on any device:\n", 20)
    terminal.expect(r"  https://\S+\n")
    code = terminal.expect(r"and enter this code: (\S+)\n")[1]
    terminal.expect(PROMPT)
    return code


# With a key and a real provider


def test_the_first_login_enrolls_and_the_second_shows_no_prompt(
        host, oauth_login, real, proving_sshd):
    use_example(host, oauth_login)
    mark = host.log.mark()
    with login(proving_sshd, READ_KEY) as terminal:
        real.approve_device("alice", shown_code(terminal))
        terminal.send_line()
        assert terminal.wait(20) == 0, terminal.output
        token = terminal.output.splitlines()[-1]
    assert real.userinfo(token)["preferred_username"] == "alice"
    host.log.wait_for(r"sshd:auth\): alice: granted by corp \(verdict=granted source=device",
                      since=mark)
    host.log.wait_for(r"sshd:account\): alice: granted by corp", since=mark)
    with login(proving_sshd, READ_KEY) as terminal:
        assert terminal.wait(20) == 0, terminal.output
    assert "enroll" not in terminal.output and "assword" not in terminal.output
    assert real.userinfo(terminal.output.strip())["preferred_username"] == "alice"
    host.log.wait_for(r"sshd:auth\): alice: granted by corp \(verdict=granted source=refresh",
                      since=mark)


def test_a_login_with_a_dead_grant_prompts_for_enrollment_again(
        host, oauth_login, real, proving_sshd):
    use_example(host, oauth_login)
    oauth_login.enroll_at(real, "alice")
    real.revoke("alice")
    with login(proving_sshd) as terminal:
        real.approve_device("alice", shown_code(terminal))
        terminal.send_line()
        assert terminal.wait(20) == 0, terminal.output
        assert terminal.output.endswith("alice\n")


@pytest.mark.parametrize("enrolled", (False, True), ids=("never enrolled", "a dead grant"))
def test_without_the_enroll_option_the_refusal_names_the_command(
        host, oauth_login, real, proving_sshd, enrolled):
    use_example(host, oauth_login, "")
    if enrolled:
        oauth_login.enroll_at(real, "alice")
        real.revoke("alice")
    mark = host.log.mark()
    refused = proving_sshd.ssh("alice", answers=["x"], **BOTH)
    assert refused.status == 255 and COMMAND in refused.stderr, refused
    assert refused.prompts == ()
    host.log.wait_for(rf"sshd:auth\): alice: .*reason=\".*run: {COMMAND}", since=mark)
    assert not host.log.matching(NOT_ASKED, mark)


def test_somebody_elses_approval_is_refused_and_the_person_is_named(
        host, oauth_login, real, proving_sshd):
    use_example(host, oauth_login)
    with login(proving_sshd) as terminal:
        real.approve_device("mallory", shown_code(terminal))
        terminal.send_line()
        terminal.expect("alice was not enrolled: the grant belongs to preferred_username = "
                        "mallory, not to account alice", 20)
        assert terminal.wait() == 255
    assert oauth_login.verdict("alice") == "not-enrolled"


def test_a_pinned_account_enrolls_again_only_as_itself(host, oauth_login, device, proving_sshd):
    use_example(host, oauth_login)
    oauth_login.enroll(device, "alice")
    device.revoke("alice")
    device.add_user("mallory")
    device.claims["mallory"] = {"preferred_username": "alice"}  # the name has a new owner
    for approver, let_in in (("mallory", False), ("alice", True)):
        device.queue("/token", None, tokens(device, approver))  # None: the renewal
        with login(proving_sshd) as terminal:
            shown_code(terminal)
            terminal.send_line()
            if not let_in:
                terminal.expect("alice is pinned to subject-of-alice of https://.*, but this "
                                "grant belongs to subject-of-mallory", 20)
            assert terminal.wait(20) == (0 if let_in else 255), terminal.output


def test_pressing_enter_before_the_approval_waits_for_the_approval(
        host, oauth_login, device, proving_sshd):
    use_example(host, oauth_login)
    with login(proving_sshd) as terminal:
        shown_code(terminal)
        terminal.send_line()
        asked = len(device.requests("/token"))
        device.wait_for_requests("/token", asked + 2)
        device.queue("/token", tokens(device))
        assert terminal.wait(20) == 0, terminal.output


def test_the_address_that_includes_the_code_is_shown_too(host, oauth_login, device, proving_sshd):
    use_example(host, oauth_login)
    whole = f"{device.issuer}/go?user_code=WDJB-MJHT"
    device.code["verification_uri_complete"] = whole
    with login(proving_sshd) as terminal:
        terminal.expect(r"and enter this code: WDJB-MJHT\nOr open it with the code in it:\n  "
                        + re.escape(whole) + r"\nApprove it only if .*\n" + PROMPT)


def test_hanging_up_at_the_enrollment_prompt_ends_the_helper(
        host, oauth_login, device, proving_sshd):
    use_example(host, oauth_login)
    with login(proving_sshd) as terminal:
        shown_code(terminal)
        assert running()
    wait_until(lambda: not running(), "the helper ends")


def test_an_approval_is_kept_if_the_login_ends_before_enter_is_pressed(
        host, oauth_login, device, proving_sshd):
    use_example(host, oauth_login)
    device.queue("/token", tokens(device))
    with login(proving_sshd) as terminal:
        shown_code(terminal)
        wait_until(lambda: not running(), "the helper has stored the grant")
    assert oauth_login.verdict("alice") == "granted"


def test_login_grace_time_ends_the_enrollment_prompt_and_the_helper(host, oauth_login, device):
    use_example(host, oauth_login)
    with host.sshd(SSHD.replace("Time 120", "Time 5")) as server, login(server) as terminal:
        shown_code(terminal)
        assert running()
        wait_until(lambda: not running(), "the helper ends", 20)
        terminal.send_line()
        assert terminal.wait() == 255
    assert oauth_login.verdict("alice") == "not-enrolled"


def test_the_time_limit_of_an_enrollment_in_a_login_is_shown_and_enforced(
        host, oauth_login, device, proving_sshd):
    use_example(host, oauth_login)
    oauth_login.configure(device, login={"enroll_deadline": "10s"})
    with login(proving_sshd) as terminal:
        terminal.expect("open within 10 s, in a browser", 20)
        terminal.expect(PROMPT)
        terminal.send_line()
        terminal.expect("alice was not enrolled: nobody has approved the code in time. Log in "
                        "again for a new code", 30)
    assert oauth_login.verdict("alice") == "not-enrolled"


def test_the_time_limit_of_the_enroll_command_is_that_of_the_code(oauth_login, device):
    oauth_login.configure(device, login={"enroll_deadline": "10s"})
    with Terminal("oauth-login", "enroll", "alice") as terminal:
        terminal.expect(r"Waiting for approval, 0(1:00|0:5\d) left", 20)


def test_an_old_approval_is_renewed_before_it_lets_the_person_in(
        host, oauth_login, device, proving_sshd):
    use_example(host, oauth_login)
    device.code["expires_in"] = 2
    device.queue("/token", tokens(device))
    mark = host.log.mark()
    with login(proving_sshd) as terminal:
        shown_code(terminal)
        shown = time.monotonic()
        wait_until(lambda: not running(), "the helper has stored the grant")
        device.revoke("alice")
        wait_until(lambda: time.monotonic() > shown + 2, "the code has expired")
        terminal.send_line()
        terminal.expect("corp no longer honors this machine's grant for alice", 20)
        assert terminal.wait() == 255
    host.log.wait_for(r"sshd:auth\): alice: reauthorize by corp .*source=refresh", since=mark)


def test_a_user_whom_sshd_asks_only_for_a_key_is_never_prompted(
        host, oauth_login, device, proving_sshd):
    use_example(host, oauth_login)
    oauth_login.enroll(device, "bob")
    device.revoke("bob")
    refused = proving_sshd.ssh("bob", "id -un", answers=["x"], **BOTH)
    assert refused.status == 255 and "oauth-login enroll bob" in refused.stderr
    assert refused.prompts == () and device.requests("/device") == []


def test_an_account_that_is_not_managed_needs_its_password_after_the_key(
        host, oauth_login, device, alice):
    use_example(host, oauth_login)
    oauth_login.configure(device, login={"ignore_users": "alice"})
    with host.sshd(SSHD) as server:
        assert server.ssh("alice", answers=[alice.password], **BOTH).ok
        assert not server.ssh("alice", answers=["wrong"], **BOTH).ok


# Without a proven method


def test_nobody_is_prompted_before_an_authentication_method_has_succeeded(
        host, oauth_login, device, sshd):
    use_example(host, oauth_login)
    mark = host.log.mark()
    refused = sshd.ssh("alice", methods="keyboard-interactive", answers=["x"])
    assert refused.status == 255 and refused.prompts == () and COMMAND in refused.stderr
    assert device.requests("/device") == []
    host.log.wait_for(rf"sshd:auth\): {NOT_ASKED}no authentication method .*; run: {COMMAND}$",
                      since=mark)


UNPROVEN = """
{first}
auth     required pam_oauth_login.so enroll=unproven
account  required pam_oauth_login.so
account  required pam_permit.so
session  required pam_permit.so
"""


def test_an_approval_alone_lets_nobody_in(host, oauth_login, device, sshd):
    host.pam("sshd", UNPROVEN.format(first=""))
    device.queue("/token", tokens(device))
    mark = host.log.mark()
    with login(sshd, methods="keyboard-interactive") as terminal:
        shown_code(terminal)
        terminal.send_line()
        assert terminal.wait(20) == 255, terminal.output
    host.log.wait_for(r"sshd:auth\): alice: granted by corp \(verdict=granted source=device",
                      since=mark)
    host.log.wait_for("alice: no authentication method has succeeded yet, so auth returns "
                      "PAM_IGNORE", since=mark)
    assert oauth_login.verdict("alice") == "granted"


def test_enroll_unproven_prompts_in_addition_to_a_password(host, oauth_login, device, sshd, alice):
    host.pam("sshd", UNPROVEN.format(first="@include common-auth"))
    device.queue("/token", tokens(device))
    with login(sshd, methods="keyboard-interactive") as terminal:
        terminal.expect("(?i)password: ?")
        terminal.send_line(alice.password)
        shown_code(terminal)
        terminal.send_line()
        assert terminal.wait(20) == 0, terminal.output


def test_the_password_method_of_sshd_cannot_prompt_and_is_refused(
        host, oauth_login, device, sshd, alice):
    host.pam("sshd", UNPROVEN.format(first="@include common-auth"))
    mark = host.log.mark()
    assert sshd.ssh("alice", methods="password", answers=[alice.password]).status == 255
    host.log.wait_for(rf"{NOT_ASKED}the application did not show the prompt.*run: {COMMAND}$",
                      since=mark)
    wait_until(lambda: not running(), "the helper ends")


# Where no person can answer


@pytest.mark.parametrize("service", ("cron", "crond", "atd", "systemd-user"))
def test_a_service_without_a_person_shows_no_enrollment_prompt(host, oauth_login, device, service):
    host.pam(service, UNPROVEN.format(first="auth required pam_permit.so"))
    mark = host.log.mark()
    login = converse(service, "alice", "authenticate", environment=["SSH_AUTH_INFO_0=publickey"])
    assert device.requests("/device") == []
    assert not any("Enter" in text for text in login.said)
    if service != "systemd-user":  # which never asks, because it starts during a login
        assert login.codes == ("AUTH_ERR",) and COMMAND in login.said[-1]
        host.log.wait_for(rf"{service}:auth\): {NOT_ASKED}this service runs without a person .*; "
                          rf"run: {COMMAND}$", since=mark)


def test_a_cron_job_of_an_account_without_a_grant_is_refused_at_once(
        host, oauth_login, device, alice):
    oauth_login.use("cron")
    host.pam("cron", host.pam_text("cron").replace("oauth_login.so", "oauth_login.so enroll"))
    mark = host.log.mark()
    with host.cron("@reboot alice true"):
        host.log.wait_for(rf"cron:account\): alice: not-enrolled .*run: {COMMAND}", since=mark)
    assert device.requests("/device") == []


def test_sudo_shows_no_enrollment_prompt_because_it_sets_pam_silent(
        host, oauth_login, device, alice):
    host.pam("sudo", UNPROVEN.format(first="@include common-auth"))
    host.sudoers("alice ALL = ALL")
    mark = host.log.mark()
    with Terminal("sudo", "true", user="alice") as terminal:
        terminal.expect("(?i)password.*: ?$")
        terminal.send_line(alice.password)
        host.log.wait_for(rf"sudo:auth\): {NOT_ASKED}the login is silent", since=mark)
    assert device.requests("/device") == []


def test_su_prompts_for_enrollment_with_enroll_unproven(host, oauth_login, device, alice, bob):
    host.pam("su", UNPROVEN.format(first="@include common-auth"))
    device.queue("/token", tokens(device))
    with Terminal("su", "alice", "-c", "id -un", user="bob") as terminal:
        terminal.expect("(?i)password.*: ?$")
        terminal.send_line(alice.password)
        shown_code(terminal)
        terminal.send_line()
        assert terminal.wait(20) == 0 and terminal.output.endswith("alice\n"), terminal.output


def test_su_with_the_plain_enroll_option_shows_no_prompt(host, oauth_login, device, alice, bob):
    stack = UNPROVEN.format(first="@include common-auth")
    host.pam("su", stack.replace("enroll=unproven", "enroll"))
    refused = host.su("alice", "id -un", as_user="bob", password=alice.password)
    assert not refused.ok and COMMAND in refused.stdout
    assert device.requests("/device") == []


# Unusual applications


@pytest.mark.parametrize("conditions, why", [
    (("silent",), "the login is silent"),
    (("no-conversation",), "the application has no conversation"),
    (("mute",), "the application did not show the prompt, or got no answer"),
    ((), "the application did not show the prompt, or got no answer"),
    (("fail",), "the application did not show the prompt, or got no answer"),
], ids=("PAM_SILENT", "no conversation", "no responses", "a NULL answer", "a failing conversation"))
def test_an_application_that_cannot_prompt_is_refused_and_the_command_is_logged(
        host, device, pam_host, conditions, why):
    pam_host.serve("enroll")
    mark = host.log.mark()
    report = pam_host.run("alice", phases="auth", conditions=conditions)
    assert report.codes == ("AUTH_ERR",)
    host.log.wait_for(rf"{NOT_ASKED}{why}.*; run: {COMMAND}$", since=mark)
    host.log.wait_for(rf"alice: not-enrolled \(verdict=not-enrolled .*run: {COMMAND}", since=mark)
    wait_until(lambda: not running(), "the helper ends")


def test_the_quiet_option_suppresses_the_enrollment_prompt(device, pam_host):
    pam_host.serve("enroll quiet")
    report = pam_host.run("alice", phases="auth", conditions=["answer"])
    assert report.codes == ("AUTH_ERR",) and report.number("messages") == 0


def test_the_account_phase_shows_no_enrollment_prompt(device, pam_host):
    pam_host.serve("enroll=unproven")
    report = pam_host.run("alice", phases="account", conditions=["answer"])
    assert report.codes == ("PERM_DENIED",) and COMMAND in report.facts["last_message"]
    assert device.requests("/device") == []


@pytest.mark.parametrize("option", ("nouserok", "permissive"))
def test_no_prompt_is_shown_where_an_option_lets_the_person_in_anyway(device, pam_host, option):
    pam_host.serve(f"enroll {option}")
    pam_host.run("alice", phases="auth", conditions=["answer"])
    assert device.requests("/device") == []


@pytest.mark.parametrize("uid", [2999, "the same", None], ids=["another", "same uid", "nobody"])
def test_a_user_name_that_changes_during_the_conversation_is_refused(
        uid, host, oauth_login, device, pam_host, alice):
    users = [line for line in Path("/etc/passwd").read_text().splitlines(keepends=True)
             if not line.startswith("bob:")]
    if uid is not None:
        users.append(f"bob:x:{alice.uid if uid == 'the same' else uid}:100::/:/bin/sh\n")
    host.files.write("/etc/passwd", "".join(users))
    pam_host.serve("enroll")
    for answer in pending(), tokens(device):  # refused without waiting for it
        device.queue("/token", answer)
        mark = host.log.mark()
        report = pam_host.run("alice", phases="auth", conditions=["answer", "rename"])
        assert report.codes == ("PERM_DENIED",)
        host.log.wait_for(r"alice: not-permitted \(verdict=not-permitted .*PAM_USER changed during",
                          since=mark)


@pytest.mark.parametrize("conditions", [["answer"], ["answer", "small-stack"]], ids="-".join)
def test_one_conversation_shows_the_whole_prompt_in_lines_that_pam_allows(
        device, pam_host, conditions):
    pam_host.serve("enroll")
    device.queue("/token", tokens(device))
    device.code |= {"verification_uri": "https://example.com/" + "a" * 480,
                    "verification_uri_complete": "https://example.com/" + "b" * 900}
    report = pam_host.run("alice", phases="auth", conditions=conditions)
    assert report.codes == ("SUCCESS",)
    assert (report.number("conversations"), report.number("messages")) == (1, 5)
    assert 480 < report.number("longest") < 512


@pytest.mark.parametrize("length", [510, 600])
def test_an_address_that_is_too_long_for_pam_is_not_shown_in_part(host, device, pam_host, length):
    """PAM allows 512 bytes in a line, including an indentation of two and the NUL."""
    pam_host.serve("enroll")
    device.code["verification_uri"] = "https://example.com/".ljust(length, "a")
    mark = host.log.mark()
    report = pam_host.run("alice", phases="auth", conditions=["answer"])
    assert report.codes == ("AUTH_ERR",) and COMMAND in report.facts["last_message"]
    host.log.wait_for(rf"{NOT_ASKED}a line of the prompt is longer than PAM allows", since=mark)
