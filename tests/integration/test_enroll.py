# SPDX-License-Identifier: BSD-2-Clause
"""People enroll with a code that they approve elsewhere: device authorization, RFC 8628."""

import re
import signal

import pytest
from device_codes import CODE, pending, tokens
from enrollment import code_of, enroll
from helper_process import running, wait_until
from installation import is_vacant
from scripted_server import Answer
from terminal import Terminal


def test_a_person_enrolls_with_a_code_and_logs_in(oauth_login, glewlwyd, sshd, alice):
    oauth_login.configure(glewlwyd, scope="openid offline_access")
    oauth_login.use("sshd")
    with enroll() as terminal:
        code = code_of(terminal)
        terminal.expect(r"Waiting for approval, \d\d:\d\d left")
        glewlwyd.approve_device("alice", code)
        assert terminal.wait(20) == 0, terminal.output
        assert "alice is enrolled at corp." in terminal.output
    login = sshd.ssh("alice", "keyctl pipe %user:oauth-login:corp")
    assert glewlwyd.userinfo(login.stdout)["sub"] == glewlwyd.subject("alice")


def test_somebody_elses_approval_leaves_the_account_unenrolled(oauth_login, glewlwyd, alice):
    oauth_login.configure(glewlwyd, scope="openid offline_access")
    with enroll() as terminal:
        glewlwyd.approve_device("mallory", code_of(terminal))
        assert terminal.wait(20) == 1
        assert "preferred_username = mallory" in terminal.output
    assert oauth_login.verdict("alice") == "not-enrolled"
    assert is_vacant("alice")


def test_a_pinned_account_enrolls_again_only_as_itself(oauth_login, glewlwyd, alice):
    oauth_login.configure(glewlwyd, scope="openid offline_access")
    oauth_login.enroll_at(glewlwyd, "alice")
    with enroll() as terminal:
        glewlwyd.approve_device("mallory", code_of(terminal))
        assert terminal.wait(20) == 1
    assert oauth_login.verdict("alice") == "granted", "the earlier grant is untouched"
    glewlwyd.revoke("alice")
    assert oauth_login.verdict("alice") == "reauthorize"
    with enroll() as terminal:
        glewlwyd.approve_device("alice", code_of(terminal))
        assert terminal.wait(20) == 0, terminal.output
    assert oauth_login.verdict("alice") == "granted"


@pytest.fixture
def device(oauth_login, provider, alice):
    """A scripted provider with device authorization; each test queues the token answers."""
    provider.discovery["device_authorization_endpoint"] = f"{provider.issuer}/device"
    code = {**CODE, "verification_uri": f"{provider.issuer}/go"}
    provider.queue("/device", Answer.json(code))
    oauth_login.configure(provider, scope="openid offline_access", auth_params="a=b%20 prompt=x=y")
    return provider


def test_the_requests_of_a_device_enrollment_follow_the_rfc(oauth_login, device):
    device.queue("/token", pending(), tokens(device))
    result = oauth_login.run("enroll", "alice")
    assert result.ok, result
    (asked,) = device.requests("/device")
    assert asked.form == {"client_id": "bastion", "scope": "openid offline_access",
                          "a": "b%20", "prompt": "x=y"}
    for request in device.requests("/token"):
        assert request.form == {"grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                                "device_code": "dev-1234", "client_id": "bastion"}
    assert "dev-1234" not in result.stdout + result.stderr
    assert oauth_login.verdict("alice") == "granted"


@pytest.mark.parametrize("answer, status, said", [
    (pending("access_denied"), 1, "access_denied"),
    (pending("expired_token"), 1, "expired_token"),
    (pending("invalid_client"), 4, "invalid_client"),
    (pending("invalid_grant"), 1, "invalid_grant"),
])
def test_a_refusal_by_the_person_or_the_provider_ends_the_enrollment(
        answer, status, said, oauth_login, device):
    device.queue("/token", answer)
    result = oauth_login.run("enroll", "alice")
    assert result.status == status
    assert said in result.stderr
    assert len(device.requests("/token")) == 1
    assert oauth_login.verdict("alice") == "not-enrolled"


@pytest.mark.parametrize("error, fix", [
    ("invalid_scope", "set scope"),
    ("unauthorized_client", "--browser"),
    ("invalid_client", "oauth-login doctor"),
])
def test_when_the_provider_gives_no_code_the_fix_is_named(error, fix, oauth_login, provider, alice):
    provider.discovery["device_authorization_endpoint"] = f"{provider.issuer}/device"
    provider.queue("/device", pending(error))
    oauth_login.configure(provider)
    result = oauth_login.run("enroll", "alice")
    assert result.status == 4
    assert error in result.stderr and fix in result.stderr


def test_enrolling_root_fails_with_an_exit_status(oauth_login, device):
    assert oauth_login.run("enroll", "root").status == 1


def test_an_enrollment_continues_after_a_server_error(oauth_login, device):
    device.queue("/token", Answer(503), tokens(device))
    assert oauth_login.run("enroll", "alice").ok
    assert len(device.requests("/token")) == 2


def test_a_grant_without_a_refresh_token_is_refused_and_the_fix_is_named(oauth_login, device):
    device.queue("/token", tokens(device, refresh_token=None))
    result = oauth_login.run("enroll", "alice")
    assert result.status == 4
    assert "offline_access" in result.stderr and "access_type=offline" in result.stderr


def test_an_enrollment_ends_when_its_code_expires(oauth_login, device):
    device.answer = lambda request: pending() if request.path == "/token" else None
    device.queue("/device")
    device._queues["/device"] = [Answer.json({**CODE, "expires_in": 2,
                                              "verification_uri": "https://example.com/go"})]
    result = oauth_login.run("enroll", "alice")
    assert result.status == 1
    assert "nobody has approved" in result.stderr


def test_interrupting_an_enrollment_ends_its_helper(oauth_login, device):
    device.answer = lambda request: pending() if request.path == "/token" else None
    with enroll() as terminal:
        code_of(terminal)
        assert running()
        terminal.send("\x03")
        assert terminal.wait() == -signal.SIGINT
    wait_until(lambda: not running(), "the helper ends")


@pytest.mark.parametrize("answer, said", [
    (Answer.json({"error": "unauthorized_client"}, 400), "unauthorized_client"),
    (Answer(404), "HTTP 404"),
    (Answer.json({**CODE, "verification_uri": "http://example.com"}), "usable code"),
    (Answer.json({**CODE, "verification_uri": "https://example.com/\u0007"}), "usable code"),
    (Answer.json({**CODE, "user_code": "x" * 100, "verification_uri": "https://x"}), "usable code"),
])
def test_when_the_provider_gives_no_code_the_reason_is_named(answer, said, oauth_login, device):
    device._queues["/device"] = [answer]
    result = oauth_login.run("enroll", "alice")
    assert result.status == 4
    assert said in result.stderr


def test_verification_url_is_understood_and_a_code_cannot_control_the_terminal(oauth_login, device):
    device._queues["/device"] = [Answer.json(
        {**CODE, "user_code": "\x1b[2Jab", "verification_url": "https://example.com/device"})]
    device.queue("/token", pending("access_denied"))
    result = oauth_login.run("enroll", "alice")
    assert "https://example.com/device" in result.stdout
    assert r"\x1B[2Jab" in result.stdout and "\x1b" not in result.stdout


def test_without_device_authorization_the_import_command_is_named(oauth_login, provider, alice):
    oauth_login.configure(provider)
    result = oauth_login.run("enroll", "alice")
    assert result.status == 4
    assert "oauth-login import" in result.stderr


def test_an_approval_without_an_identity_is_refused_even_for_a_mapped_account(
        oauth_login, device, alice):
    del device.discovery["userinfo_endpoint"]
    oauth_login.configure(device, accounts=["alice"], scope="openid")
    device.queue("/token", tokens(device, "mallory"))
    result = oauth_login.run("enroll", "alice")
    assert result.status == 1
    assert "does not say who approved" in result.stderr
    assert oauth_login.verdict("alice") == "not-enrolled"


def test_an_unfinished_import_is_not_overwritten(oauth_login, device, alice):
    oauth_login.configure(device, username_claim="nickname")
    token = device.issue_grant("alice")
    assert oauth_login.run("import", "alice", input=token).status == 1
    oauth_login.configure(device)
    device.queue("/token", tokens(device))
    result = oauth_login.run("enroll", "alice")
    assert result.status == 5 and "import of alice is not finished" in result.stderr
    assert oauth_login.run("import", "alice", input=token).ok


def test_no_code_is_requested_for_a_grant_that_could_not_be_stored(host, oauth_login, device):
    host.add_user("returner")
    oauth_login.enroll(device, "returner")
    host.delete_user("returner")
    host.add_user("returner", uid=2998)
    result = oauth_login.run("enroll", "returner")
    assert result.status == 5 and "uid 2998" in result.stderr
    assert not device.requests("/device")


@pytest.mark.parametrize("trouble", ["somebody else", "userinfo down", "import unfinished"])
def test_a_grant_of_a_failed_enrollment_is_revoked(trouble, oauth_login, device):
    device.discovery["revocation_endpoint"] = f"{device.issuer}/revoke"
    name = "mallory" if trouble == "somebody else" else "alice"
    if trouble == "import unfinished":
        oauth_login.configure(device, username_claim="nickname")
        assert oauth_login.run("import", "alice", input=device.issue_grant("alice")).status == 1
        oauth_login.configure(device)
    if trouble == "userinfo down":
        device.queue("/userinfo", Answer(503))
    device.queue("/token", tokens(device, name))
    device.queue("/revoke", Answer(200))
    assert oauth_login.run("enroll", "alice").status in (1, 3, 5)
    (request,) = device.requests("/revoke")
    assert request.form["token"] == device.refresh_token(name)
    assert oauth_login.verdict("alice") == "not-enrolled"


def test_a_failed_revocation_does_not_change_the_result_of_an_enrollment(oauth_login, device):
    device.discovery["revocation_endpoint"] = f"{device.issuer}/revoke"
    device.queue("/token", tokens(device, "mallory"))
    device.queue("/revoke", Answer(503))
    result = oauth_login.run("enroll", "alice")
    assert result.status == 1 and "mallory" in result.stderr


def test_a_grant_of_a_successful_enrollment_is_not_revoked(oauth_login, device):
    device.discovery["revocation_endpoint"] = f"{device.issuer}/revoke"
    device.queue("/token", tokens(device))
    assert oauth_login.run("enroll", "alice").ok
    assert not device.requests("/revoke")


@pytest.mark.parametrize("said, allowed", [
    ({}, True), ({"scope": "openid"}, False), ({"scope": "openid offline_access x"}, True)])
def test_an_answer_without_scope_means_that_the_requested_scope_was_granted(
        said, allowed, oauth_login, device):
    oauth_login.configure(device, scope="openid offline_access", require_scope="offline_access")
    device.queue("/token", tokens(device, **said))
    result = oauth_login.run("enroll", "alice")
    assert result.ok == allowed, result
    assert allowed or "lacks offline_access" in result.stderr


def test_a_qr_code_is_shown_only_if_it_fits_the_terminal(oauth_login, device):
    whole = "https://example.com/go?user_code=WDJB-MJHT"
    device._queues["/device"] = [Answer.json({**CODE, "verification_uri": "https://example.com/go",
                                              "verification_uri_complete": whole})] * 2
    device.queue("/token", pending("access_denied"), pending("access_denied"))
    for columns, shown in ((100, True), (20, False)):
        argv = f"stty rows 60 cols {columns}; exec oauth-login enroll alice"
        with Terminal("sh", "-c", argv) as terminal:
            terminal.wait(20)
            assert bool(re.search("[\u2580\u2584\u2588]{10}", terminal.output)) == shown
