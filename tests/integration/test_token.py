# SPDX-License-Identifier: BSD-2-Clause
"""`oauth-login token` and `git-credential`, which give programs the access token."""

import json
import subprocess

import pytest
from git_server import GitServer
from impostor import impostor
from open_sessions import READ_KEY, SESSIONS, forget_all, write_session
from pam_application import converse
from process import run
from reply_frames import GRANTED, reply
from resident import FRESH_TOKEN, LOGOUT, connect, read_frames, reply_of, request
from scripted_provider import answering
from scripted_server import Answer
from shell import stay


@pytest.fixture
def sessions(corp, oauth_login):
    """The provider; SSH sessions of alice get the token of their login."""
    oauth_login.use("sshd")
    return corp


def test_the_token_command_prints_the_token_of_the_session(sessions, sshd):
    with stay(sshd) as session:
        token = session.told("oauth-login token")
        asked = len(sessions.requests("/token"))
        assert token == session.told(READ_KEY)
        assert session.told("oauth-login token --header") == f"Authorization: Bearer {token}"
        assert len(sessions.requests("/token")) == asked


def test_an_expiring_token_without_a_resident_helper_names_the_fix(sessions, sshd):
    answering(sessions, expires_in=50)
    with stay(sshd) as session:
        status, said = session.tried("oauth-login token 2>&1")
        assert status == 5 and "oauth-login-helper.socket" in said


def test_the_token_command_renews_an_expiring_token(sessions, sshd, resident):
    answering(sessions, expires_in=50)
    with stay(sshd) as session:
        old = session.told(READ_KEY)
        new = session.told("oauth-login token")
        assert new != old
        assert sessions.userinfo(new)["sub"] == sessions.subject("alice")
        assert session.told(READ_KEY) == old, "nothing is planted"
        assert session.told("oauth-login token") == new, "the new token has not expired"


def test_an_expiring_token_is_renewed_even_if_logins_share_its_answer(
        sessions, oauth_login, resident, host):
    answering(sessions, expires_in=50)
    assert oauth_login.verdict("alice") == "granted"
    oauth_login.configure(sessions, login={"reuse_within": "1h"})
    asked = len(sessions.requests("/token"))
    assert host.run_as("alice", "oauth-login", "token").ok
    assert len(sessions.requests("/token")) == asked + 1


def test_token_json_has_the_expiry_time(sessions, sshd, resident):
    with stay(sshd) as session:
        document = json.loads(session.told("oauth-login token --json"))
    assert document["expires"] > 0 and document["token"]


def test_outside_of_a_session_the_token_comes_from_the_helper(sessions, resident, host):
    """A tmux whose login has ended, or a service of systemd --user, has no session key."""
    sessions.expires_in = 3600
    result = host.run_as("alice", "oauth-login", "token")
    assert result.ok and sessions.userinfo(result.stdout.strip())["sub"] == "subject-of-alice"
    document = json.loads(host.run_as("alice", "oauth-login", "token", "--json").stdout)
    assert document["token"] == result.stdout.strip() and document["type"] == "Bearer"
    assert document["expires"] > 0 and "scope" in document


def test_a_revoked_keyring_counts_as_no_session(sessions, sshd, resident):
    with stay(sshd) as session:
        token = session.told("oauth-login token")
        session.told("keyctl new_session >/dev/null; true")
        assert session.told("keyctl session - oauth-login token 2>/dev/null") == token


def test_the_token_command_fails_if_its_output_cannot_be_written(sessions, resident, host):
    assert host.run_as("alice", "sh", "-c", "oauth-login token >/dev/full").status == 5


def test_an_account_that_has_ended_gets_no_token(sessions, resident, host):
    answering(sessions, expires_in=1)
    host.run_as("alice", "oauth-login", "verify", "alice")
    sessions.remove_user("alice")
    result = host.run_as("alice", "oauth-login", "token")
    assert result.status == 1 and result.stdout == ""
    assert "reauthorize" in result.stderr


def test_another_account_gets_no_token(sessions, resident, host, bob):
    result = host.run_as("bob", "oauth-login", "token")
    assert result.status == 1 and "not-enrolled" in result.stderr and result.stdout == ""


@pytest.mark.parametrize("answer", [Answer(503), Answer.json({"error": "invalid_client"}, 401)])
def test_an_error_unrelated_to_the_account_leaves_the_rest_of_the_tokens_life(
        answer, sessions, resident, host):
    answering(sessions, expires_in=50)
    assert host.run_as("alice", "oauth-login", "verify", "alice").ok
    sessions.queue("/token", answer)
    result = host.run_as("alice", "oauth-login", "token")
    assert result.ok and sessions.userinfo(result.stdout.strip())["sub"] == "subject-of-alice"


def test_a_token_without_the_required_proof_is_not_handed_out(
        sessions, oauth_login, resident, host):
    oauth_login.configure(sessions, require="userinfo")
    answering(sessions, expires_in=50)
    assert host.run_as("alice", "oauth-login", "verify", "alice").ok
    for _ in range(2):
        sessions.queue("/userinfo", Answer(503))
        result = host.run_as("alice", "oauth-login", "token")
        assert result.status == 3 and result.stdout == "", "nor the next time"
    assert host.run_as("alice", "oauth-login", "token").ok


def test_the_token_command_shares_a_refusal_instead_of_asking_again(
        sessions, oauth_login, resident, host):
    sessions.remove_user("alice")
    assert oauth_login.verdict("alice") == "reauthorize"
    oauth_login.configure(sessions, login={"reuse_within": "1h"})
    asked = len(sessions.requests("/token"))
    assert host.run_as("alice", "oauth-login", "token").status == 1
    assert len(sessions.requests("/token")) == asked


@pytest.mark.parametrize("command, told, status", [
    (("token",), "", 1),
    (("git-credential", "get"), "protocol=https\nhost=git.example.com\n\n", 0)])
def test_an_ignored_user_gets_no_token(
        command, told, status, sessions, oauth_login, resident, host):
    oauth_login.configure(sessions, login={"ignore_users": "alice"}, git_hosts="git.example.com")
    result = host.run_as("alice", "oauth-login", *command, input=told)
    assert (result.status, result.stdout) == (status, "") and "not-managed" in result.stderr


# git


@pytest.fixture
def git_server(certificate, tmp_path):
    tmp_path.chmod(0o755)
    for parent in list(tmp_path.parents)[:-2]:
        parent.chmod(0o755)
    with GitServer(tmp_path, certificate) as running:
        yield running


def credential(host, user, *lines):
    """Runs `oauth-login git-credential get` with these lines as input."""
    return host.run_as(user, "oauth-login", "git-credential", "get",
                       input="".join(f"{line}\n" for line in lines) + "\n")


def test_git_pushes_with_the_access_token(sessions, oauth_login, resident, host, git_server, alice):
    oauth_login.configure(sessions, git_hosts=git_server.host)
    git_server.admit("oauth2", host.run_as("alice", "oauth-login", "token").stdout.strip())
    script = f"""
        set -e
        export GIT_TERMINAL_PROMPT=0 GIT_SSL_CAINFO={sessions.ca_file}
        git config --global credential.https://{git_server.host}.helper \\
            '!oauth-login git-credential'
        git config --global user.email alice@example.com
        git config --global user.name alice
        rm -rf work && git init -q work && cd work
        git commit -q --allow-empty -m first
        git push -q {git_server.url} HEAD:refs/heads/main
        git ls-remote {git_server.url} refs/heads/main
    """
    result = host.run_as("alice", "sh", "-c", f"cd ~ && {script}")
    assert result.ok and "refs/heads/main" in result.stdout, result
    git_server.admit("oauth2", "another")
    refused = host.run_as("alice", "sh", "-c", f"cd ~/work && GIT_TERMINAL_PROMPT=0 "
                          f"GIT_SSL_CAINFO={sessions.ca_file} git ls-remote {git_server.url}")
    assert not refused.ok


@pytest.mark.parametrize("lines", [
    ("protocol=https", "host=evil.example.com"),
    ("protocol=https", "host=git.example.com.evil.example.com"),
    ("protocol=http", "host=git.example.com"),
    ("protocol=https", "host=git.example.com:8443"),
    ("protocol=https",),
    ("protocol=https", "host=" + "x" * 5000),
    ("protocol=https", "x" * 4095 + "host=git.example.com"),
    ("host=git.example.com",),
])
def test_git_credential_gives_the_token_to_no_other_host(
        lines, sessions, oauth_login, resident, host):
    oauth_login.configure(sessions, git_hosts="git.example.com other.example.com")
    result = credential(host, "alice", *lines)
    assert (result.status, result.stdout) == (0, ""), result


def test_a_host_with_a_nul_byte_gets_no_token(sessions, oauth_login, resident, alice):
    """The true destination could stand after the NUL."""
    oauth_login.configure(sessions, git_hosts="git.example.com")
    hosts = {b"git.example.com": "granted", b"git.example.com\0.evil": "not-permitted"}
    for host, verdict in hosts.items():
        rest = request(FRESH_TOKEN, "alice")[4:-4] + len(host).to_bytes(4, "big") + host
        with connect(alice) as peer:
            peer.sendall(len(rest).to_bytes(4, "big") + rest)
            assert reply_of(read_frames(peer))[0] == verdict


def test_git_credential_answers_in_gits_own_format(sessions, oauth_login, resident, host):
    oauth_login.configure(sessions, git_hosts="git.example.com, other.example.com")
    token = host.run_as("alice", "oauth-login", "token").stdout.strip()
    remote = "protocol=https", "host=git.example.com"
    said = credential(host, "alice", *remote).stdout.splitlines()
    assert {"username=oauth2", f"password={token}"} < set(said)
    assert any(line.startswith("password_expiry_utc=") for line in said)
    assert "username=robot" in credential(host, "alice", *remote, "username=robot").stdout
    long = credential(host, "alice", "username=robot", "host=" + "x" * 256, *remote)
    assert "username=robot" in long.stdout, "a value that is too long replaces no other"
    bearer = {"capability[]=authtype", "authtype=Bearer", f"credential={token}"}
    for offered, expected in {
            'wwwauth[]=Bearer realm="git"': True, "wwwauth[]=bearer": True,
            'wwwauth[]=Basic realm="x", Bearer realm="y"': True,
            'wwwauth[]=Basic realm="Bearer token"': False,
            'wwwauth[]=Basic realm="a, Bearer b"': False,
            'wwwauth[]=Basic realm="\\", Bearer b"': False, "wwwauth[]=BearerX": False,
            "wwwauth[]=": False, 'wwwauth[]=Basic realm="git"': False, "x=Bearer": False}.items():
        said = credential(host, "alice", "capability[]=authtype", offered, *remote).stdout
        assert (bearer < set(said.splitlines())) == expected, offered
        assert (f"password={token}" in said) != expected, offered
    older = credential(host, "alice", 'wwwauth[]=Bearer realm="git"', *remote).stdout
    assert f"password={token}" in older, "a git that does not know of bearer tokens"
    for verb in "store", "erase":
        result = host.run_as("alice", "oauth-login", "git-credential", verb,
                             input="protocol=https\nhost=git.example.com\n\n")
        assert (result.status, result.stdout) == (0, "")


# Logout


@pytest.fixture
def revoking(oauth_login, sessions):
    """Sets revoke_on_logout; returns a function for the forms of the revocation requests."""
    sessions.answer = lambda request: Answer(200) if request.path == "/revoke" else None
    oauth_login.configure(sessions, login={"revoke_on_logout": "yes", "reuse_within": "30s"},
                          revocation_endpoint=f"{sessions.issuer}/revoke")
    return lambda: [request.form for request in sessions.requests("/revoke")]


def test_the_end_of_the_last_session_revokes_its_token(sessions, revoking, sshd, oauth_login, host):
    closed, mark = "session closed for user alice", host.log.mark()
    with stay(sshd) as first:
        token = first.told(READ_KEY)
        with stay(sshd) as second:
            assert second.told(READ_KEY) == token
            second.send_line("exit")
            second.wait()
        host.log.wait_for(closed, since=mark)
        assert first.told("id -un") == "alice" and revoking() == []
        first.send_line("exit")
        first.wait()
    host.log.wait_for(closed, since=mark, count=2)
    (form,) = revoking()
    assert form["token"] == token and form["token_type_hint"] == "access_token"
    login = sshd.ssh("alice", READ_KEY)
    assert login.ok and login.stdout != token, "the revoked token is not handed out again"


def test_by_default_no_token_is_revoked_at_logout(sessions, revoking, sshd, oauth_login, host):
    oauth_login.configure(sessions, revocation_endpoint=f"{sessions.issuer}/revoke")
    mark = host.log.mark()
    assert sshd.ssh("alice").ok
    host.log.wait_for("session closed for user alice", since=mark)
    assert revoking() == []


def test_a_revocation_that_fails_is_logged(sessions, revoking, sshd, host):
    sessions.answer = lambda request: Answer(503) if request.path == "/revoke" else None
    assert sshd.ssh("alice").ok
    host.log.wait_for(r"alice: the access token was not revoked: revocation answered HTTP 503")


@pytest.fixture
def desk(host):
    """The service "desk"; no session is open."""
    host.pam("desk", "session required pam_oauth_login.so\n")
    forget_all()


@pytest.mark.parametrize("answers, told", [
    ([Answer(200), Answer(200)], 0), ([Answer(503), Answer(200)], 1),
    ([Answer(200), Answer(503)], 1)], ids=["both", "not the first", "not the second"])
def test_logout_revokes_the_tokens_of_the_account_and_of_the_session(
        answers, told, sessions, revoking, desk, host, oauth_login):
    """A failure for one token is logged, whatever the result for the other."""
    sessions.queue("/revoke", *answers)
    oauth_login.configure(sessions, login={"revoke_on_logout": "yes"},
                          revocation_endpoint=f"{sessions.issuer}/revoke")
    mark = host.log.mark()
    said = converse("desk", "alice", "open_session",
                    "run:keyctl pipe $(keyctl search @s user oauth-login:corp)",
                    "run:oauth-login verify alice", "close_session")
    tokens = [form["token"] for form in revoking()]
    assert len(set(tokens)) == 2 and said.said[0] == tokens[1]
    run("logger", "all is said", check=True)
    host.log.wait_for("all is said", since=mark)
    assert len(host.log.matching("was not revoked", since=mark)) == told


def test_a_dead_session_does_not_count_as_another_open_session(sessions, revoking, desk):
    with subprocess.Popen(["sleep", "60"]) as leader:
        write_session("alice", leader.pid)
        for asked in 0, 1:
            said = converse("desk", "alice", "open_session", "close_session")
            assert set(said.codes) == {"SUCCESS"}
            assert len(revoking()) == asked
            leader.kill()
            leader.wait()


def test_nothing_is_revoked_if_the_other_sessions_are_unknown(sessions, revoking, desk):
    said = converse("desk", "alice", "open_session", f"run:chmod 755 {SESSIONS}", "close_session",
                    f"run:chmod 700 {SESSIONS}")
    assert set(said.codes) == {"SUCCESS"} and revoking() == []


def test_closing_a_session_twice_does_not_count_another_session_as_closed(sessions, revoking, desk):
    with subprocess.Popen(["sleep", "60"]) as leader:
        write_session("alice", leader.pid)
        said = converse("desk", "alice", "open_session", "close_session", "close_session")
        leader.kill()
    assert set(said.codes) == {"SUCCESS"} and revoking() == []


def test_logout_waits_at_most_three_seconds(sessions, revoking, desk):
    with impostor(reply(GRANTED)) as asked:
        converse("desk", "alice", "open_session", "close_session")
    (logout,) = [frame for frame in asked if frame[6:7] == bytes([LOGOUT])]
    assert int.from_bytes(logout[-8:-4], "big") == 3, "the deadline, in seconds"
