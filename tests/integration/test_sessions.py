"""A session that is open: its token stays valid, and it ends when the account ends."""

import contextlib
import os
import pty
import signal
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from helper_process import wait_until
from many_sessions import ManySessions
from process import run
from scripted_server import Answer
from shell import Shell, stay
from test_resident_or_started import GRANTED, impostor
from test_session_key import a_token, answering, quota_used
from test_spawning import notice, reply

SESSIONS = Path("/run/oauth-login/sessions")
READ_KEY = "keyctl pipe %user:oauth-login:corp"
HOUR = 3600


@pytest.fixture
def watched(oauth_login, provider, alice, host):
    """alice is enrolled, sshd asks for her, and no session is open."""
    for file in SESSIONS.glob("*"):
        file.unlink()
    oauth_login.use("sshd")
    oauth_login.configure(provider)
    oauth_login.enroll(provider, "alice")
    return provider


def files(account="alice"):
    return [file for file in SESSIONS.glob("[0-9]*")
            if f"account {account}\n" in file.read_text()]


def fields(file):
    return dict(line.split(" ", 1) for line in file.read_text().splitlines())


def make_due(account="alice"):
    """As if the sessions' interval had passed, and the provider's answer were as old."""
    for file in files(account):
        values = {**fields(file), "due": "1", "interval": "0"}
        file.write_text("".join(f"{key} {value}\n" for key, value in values.items()))


def watch(oauth_login):
    result = oauth_login.run("watch")
    assert result.ok, result


def opened(stack, sshd, count=1, user="alice"):
    """`count` sessions of the account, open until the stack ends."""
    sessions = [stack.enter_context(stay(sshd, user)) for _ in range(count)]
    for session in sessions:
        session.told("true")
    return sessions


def test_a_session_is_known_from_its_opening_to_its_end(watched, sshd):
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        (file,) = files()
        assert SESSIONS.stat().st_mode & 0o777 == 0o700 and SESSIONS.stat().st_uid == 0
        assert file.stat().st_mode & 0o777 == 0o600
        assert fields(file)["service"] == "sshd"
        assert "sshd" in Path("/proc", fields(file)["leader"], "comm").read_text()
        session.send_line("exit")
        session.wait()
    wait_until(lambda: not files(), "the session's file is gone")


def test_ten_sessions_get_their_new_token_by_one_renewal(watched, sshd, oauth_login):
    with contextlib.ExitStack() as stack:
        sessions = opened(stack, sshd, 10)
        before = len(watched.requests("/token"))
        old = sessions[0].told(READ_KEY)
        make_due()
        watch(oauth_login)
        assert len(watched.requests("/token")) == before + 1
        (new,) = {session.told(READ_KEY) for session in sessions}
        assert new != old and watched.userinfo(new)["sub"] == watched.subject("alice")


def test_a_new_session_is_looked_at_without_another_renewal(watched, sshd, oauth_login):
    with contextlib.ExitStack() as stack:
        opened(stack, sshd)
        before = len(watched.requests("/token"))
        watch(oauth_login)
        assert len(watched.requests("/token")) == before
        (file,) = files()
        assert 0 < int(fields(file)["interval"]) <= 900
        watch(oauth_login)
        assert len(watched.requests("/token")) == before, "it is not due yet"


def test_a_session_of_many_token_lives_always_has_a_valid_one(watched, sshd, oauth_login):
    watched.expires_in = 6
    with contextlib.ExitStack() as stack:
        sessions = opened(stack, sshd, 10)
        runs = subprocess.Popen(["oauth-login", "watch"])
        stack.callback(runs.wait)
        stack.callback(runs.terminate)
        for count in range(2, 7):
            watched.wait_for_requests("/token", len(sessions) + 1 + count, timeout=30)
            for session in sessions:
                assert watched.userinfo(session.told(READ_KEY))["sub"] == watched.subject("alice")


def test_a_watch_that_was_killed_loses_nothing(watched, sshd, oauth_login):
    watched.expires_in = 8
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        for _ in range(2):
            before = len(watched.requests("/token"))
            runs = subprocess.Popen(["oauth-login", "watch"])
            watched.wait_for_requests("/token", before + 1, timeout=30)
            runs.kill()
            runs.wait()
            assert len(files()) == 1
        make_due()
        runs = subprocess.Popen(["oauth-login", "watch"])
        stack.callback(runs.wait)
        stack.callback(runs.terminate)
        watched.wait_for_requests("/token", before + 2, timeout=30)
        wait_until(lambda: session.tried(READ_KEY)[0] == 0, "the session has a token")


def test_the_end_of_the_account_ends_its_sessions_and_no_others(
        watched, sshd, oauth_login, bob, host):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    oauth_login.enroll(watched, "bob")
    with contextlib.ExitStack() as stack:
        sessions = opened(stack, sshd, 2)
        (other,) = opened(stack, sshd, user="bob")
        watched.remove_user("alice")
        make_due()
        make_due("bob")
        watch(oauth_login)
        for session in sessions:
            session.wait()
        assert other.told("id -un") == "bob"
        watch(oauth_login)
        assert not files() and len(files("bob")) == 1


def test_who_unenrolls_in_a_session_does_not_save_it(watched, sshd, oauth_login, resident):
    """People may do it themselves, in the session that is to end."""
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        session.told("oauth-login unenroll --yes")
        make_due()
        watch(oauth_login)
        session.wait()


@pytest.mark.parametrize("service, option, known", [
    ("door", "", 1), ("door", "nouserok", 0), ("systemd-user", "", 0)])
def test_who_unenrolls_between_the_decision_and_the_session_does_not_either(
        service, option, known, watched, oauth_login, host):
    """Unless it may have been decided that no grant is needed."""
    host.pam(service, f"session required pam_oauth_login.so {option}\n")
    assert oauth_login.run("unenroll", "alice", "--yes").ok
    with ManySessions(service, ["alice"], 1) as sessions:
        assert [code for code, _ in sessions.opened] == [0]
        assert len(files()) == known


def test_the_person_reads_why_the_session_ends(watched, sshd, oauth_login, host):
    """Each on its own terminal, which sshd tells the login record only."""
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        sessions = [stack.enter_context(Shell(*sshd.client("alice", tty=True))) for _ in range(2)]
        for session in sessions:
            session.told("true")
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        for session in sessions:
            session.expect("the provider no longer wants this account")
            session.wait()


@pytest.fixture
def logind(host, tmp_path):
    """adopt(leader, group) gives it a control group; returns what loginctl is told then.

    A stand-in: the real one, of test_logind.py, gives nobody a group that misleads.
    """
    told = tmp_path / "told"
    Path("/run/systemd/seats").mkdir(parents=True)
    host.files.write("/usr/bin/loginctl", f'#!/bin/sh\necho "$@" >>{told}\n', mode=0o755)
    covered = []

    def adopt(leader, group):
        (tmp_path / "cgroup").write_text(f"0::/user.slice/{group}\n")
        run("mount", "--bind", str(tmp_path / "cgroup"), f"/proc/{leader}/cgroup", check=True)
        covered.append(f"/proc/{leader}/cgroup")
        return told

    yield adopt
    for path in covered:
        run("umount", path)  # gone already with a leader that has ended
    Path("/run/systemd/seats").rmdir()


@pytest.mark.parametrize("group", [
    "user-{other}.slice/session-c3.scope",
    "user-{own}.slice/user@{own}.service/app.slice/session-c3.scope",
    "user-{own}.slice/user@{own}.service/user.slice/user-{own}.slice/session-c3.scope",
    "user-{own}.slice/x:/user.slice/user-{own}.slice/session-c3.scope",
    "user-{own}.slice/session-c3.scope.d",
], ids=["of_another_account", "of_a_name_that_a_person_gave", "made_to_look_alike", "with_a_colon",
        "longer"])
def test_a_control_group_of_somebody_elses_ends_nothing_of_theirs(
        group, watched, sshd, oauth_login, logind, alice, bob):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        told = logind(fields(files()[0])["leader"], group.format(own=alice.uid, other=bob.uid))
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        session.wait()
        assert not told.exists()


def test_where_logind_does_not_answer_the_session_ends_without_it(
        watched, sshd, oauth_login, logind, host, alice):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        logind(fields(files()[0])["leader"], f"user-{alice.uid}.slice/session-c3.scope")
        host.files.write("/usr/bin/loginctl", "#!/bin/sh\nexit 1\n", mode=0o755)
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        session.wait()


def test_a_lock_that_nobody_can_do_is_said(watched, sshd, oauth_login, host):
    oauth_login.configure(watched, login={"on_revoked": "lock"})
    with contextlib.ExitStack() as stack:
        opened(stack, sshd)
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        host.log.wait_for(r"is locked, or should be: it could not be done")


def test_by_default_the_log_alone_says_so(watched, sshd, oauth_login, host):
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        host.log.wait_for(r"alice: the session of sshd\[\d+\] goes on \(verdict=reauthorize")
        assert session.told("id -un") == "alice"


@pytest.mark.parametrize("answer", [Answer(503), Answer.json({"error": "invalid_client"}, 401)])
def test_what_says_nothing_of_the_account_never_ends_a_session(answer, watched, sshd, oauth_login):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        watched.queue("/token", answer)
        make_due()
        watch(oauth_login)
        assert session.told("id -un") == "alice"


def test_a_lost_answer_never_ends_a_session(watched, sshd, oauth_login):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        watched.queue("/token", watched.lost, watched.lost)
        for _ in range(3):  # lost, then known to be lost, then still
            make_due()
            watch(oauth_login)
        assert oauth_login.verdict("alice") == "reauthorize"
        assert session.told("id -un") == "alice"
        oauth_login.enroll_at(watched, "alice")
        watched.remove_user("alice")
        make_due()
        watch(oauth_login)
        session.wait()


def test_the_token_ends_with_a_session_that_nobody_closed(watched, sshd, oauth_login):
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        (file,) = files()
        ring = fields(file)["ring"]
        assert run("keyctl", "describe", ring).ok
        os.kill(int(fields(file)["leader"]), signal.SIGKILL)
        assert session.tried(READ_KEY)[0] == 0, "the processes of the session outlive its leader"
        watch(oauth_login)
        assert not files()
        assert session.tried(READ_KEY)[0] != 0


def test_a_watch_that_cannot_see_the_leaders_buries_none(watched, sshd, oauth_login, host):
    """/proc with hidepid=2,gid=GROUP, and the rights of the unit."""
    limited = ("setpriv", "--bounding-set=-all,+setuid,+setgid,+setpcap,+kill,+dac_override",
               "--no-new-privs", "oauth-login", "watch")
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        run("mount", "-o", "remount,hidepid=2,gid=4", "/proc", check=True)
        stack.callback(run, "mount", "-o", "remount,hidepid=0,gid=0", "/proc", check=True)
        mark = host.log.mark()
        assert run(*limited).status == 5
        host.log.wait_for("cannot see others' processes: .*SupplementaryGroups", since=mark)
        assert len(files()) == 1
        assert session.tried(READ_KEY)[0] == 0
        assert run("setpriv", "--groups=4", *limited[1:]).ok


def test_another_account_cannot_read_the_sessions_token(watched, sshd, oauth_login, bob):
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        ring = fields(files()[0])["ring"]
        key = session.told("keyctl search %keyring:oauth-login user oauth-login:corp")
        for serial in (ring, key):
            assert not run("setpriv", "--reuid", str(bob.uid), "--regid", str(bob.uid),
                           "--clear-groups", "keyctl", "pipe", serial).ok
        assert not run("setpriv", "--reuid", str(bob.uid), "--regid", str(bob.uid),
                       "--clear-groups", "cat", str(files()[0])).ok


@pytest.mark.parametrize("service, options", [("sudo", ""), ("sudo-i", "-i")])
def test_nor_can_who_is_run_as_another_account_by_sudo(
        service, options, watched, sshd, oauth_login, host, bob):
    oauth_login.use(service)
    host.sudoers("alice ALL = (ALL) NOPASSWD: ALL")
    with contextlib.ExitStack() as stack:
        (session,) = opened(stack, sshd)
        as_bob = f"sudo -n {options} -u bob"
        assert session.told(f"{as_bob} id -un") == "bob"
        assert "oauth-login" not in session.told(f"{as_bob} keyctl show")
        assert session.tried(f"{as_bob} {READ_KEY}")[0] != 0
        assert session.tried(READ_KEY)[0] == 0, "it is still the caller's"


def test_a_files_session_whose_number_went_to_another_process_is_over(watched, sshd, oauth_login):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    watched.remove_user("alice")
    with subprocess.Popen(["sleep", "60"]) as innocent:
        SESSIONS.mkdir(parents=True, exist_ok=True)
        SESSIONS.chmod(0o700)
        (SESSIONS / f"{innocent.pid}.1.0").write_text(
            f"account alice\nservice sshd\nterminal -\nconfig -\nleader {innocent.pid}\nstarted 1\n"
            "ring 0\nopened 1\ndue 1\ninterval 0\n")
        watch(oauth_login)
        assert innocent.poll() is None and not files()
        innocent.send_signal(signal.SIGTERM)


def write_session(account, leader, ring=0, terminal="-", number=7):
    """As a session of this leader's that is due; returns its file."""
    started = Path(f"/proc/{leader}/stat").read_text().rpartition(")")[2].split()[19]
    SESSIONS.mkdir(parents=True, exist_ok=True)
    SESSIONS.chmod(0o700)
    file = SESSIONS / f"{leader}.{started}.{number}"
    file.write_text(f"account {account}\nservice test\nterminal {terminal}\nconfig -\n"
                    f"leader {leader}\nstarted {started}\nring {ring}\nopened 1\ndue 1\n"
                    "interval 0\n")
    return file


def test_a_session_that_closes_while_it_is_looked_at_stays_closed(watched, oauth_login):
    release = threading.Event()
    with subprocess.Popen(["sleep", "60"]) as leader:
        file = write_session("alice", leader.pid)
        before = len(watched.requests("/token"))
        watched.queue("/token",
                      lambda request: replace(watched.correct(request), hold=release))
        runs = subprocess.Popen(["oauth-login", "watch"])
        watched.wait_for_requests("/token", before + 1, timeout=30)
        file.unlink()
        release.set()
        assert runs.wait(30) == 0
        leader.terminate()
    assert list(SESSIONS.iterdir()) == []


def test_an_answer_that_does_not_come_holds_up_no_other_account(watched, sshd, oauth_login, bob):
    oauth_login.enroll(watched, "bob")
    release = threading.Event()
    with contextlib.ExitStack() as stack:
        for account in ("alice", "bob"):
            opened(stack, sshd, user=account)
            make_due(account)
        before = len(watched.requests("/token"))
        watched.queue("/token",
                      lambda request: replace(watched.correct(request), hold=release))
        runs = subprocess.Popen(["oauth-login", "watch"])
        watched.wait_for_requests("/token", before + 2)
        release.set()
        assert runs.wait(30) == 0


def test_a_watch_whose_starter_ignores_its_childrens_end_comes_to_its_own(
        watched, oauth_login, host):
    """With more accounts than it asks about at a time."""
    with subprocess.Popen(["sleep", "60"]) as leader:
        for number in range(9):
            write_session(host.add_user(f"many{number}").name, leader.pid, number=10 + number)
        assert run("env", "--ignore-signal=CHLD", "oauth-login", "watch", timeout=30).ok
        leader.terminate()


def test_a_watch_that_can_note_nothing_asks_once(watched, sshd, oauth_login, host):
    SESSIONS.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        run("mount", "-t", "tmpfs", "-o", "size=4k,mode=0700", "full", str(SESSIONS), check=True)
        stack.callback(run, "umount", "--lazy", str(SESSIONS))
        opened(stack, sshd)
        make_due()
        before = len(watched.requests("/token"))
        assert oauth_login.run("watch").status == 5
        assert len(watched.requests("/token")) == before + 1
        host.log.wait_for(r"cannot write /run/oauth-login/sessions/\d+\S+: No space left")


def test_nobody_but_root_can_keep_the_watch_from_its_work(watched, sshd, oauth_login, alice):
    with contextlib.ExitStack() as stack:
        opened(stack, sshd)
        for place in (SESSIONS.parent, SESSIONS):
            locker = subprocess.Popen(
                ["setpriv", "--reuid", str(alice.uid), "--clear-groups", "flock", str(place),
                 "sh", "-c", "echo locked; sleep 60"], stdout=subprocess.PIPE, text=True,
                stderr=subprocess.DEVNULL, start_new_session=True)
            stack.callback(locker.wait)
            stack.callback(os.killpg, locker.pid, signal.SIGKILL)
            assert (locker.stdout.readline() == "locked\n") == (place == SESSIONS.parent)
        make_due()
        before = len(watched.requests("/token"))
        watch(oauth_login)
        assert len(watched.requests("/token")) == before + 1


def test_of_two_watches_one_works(watched, sshd, oauth_login):
    release = threading.Event()
    with contextlib.ExitStack() as stack:
        opened(stack, sshd)
        make_due()
        before = len(watched.requests("/token"))
        watched.queue("/token",
                      lambda request: replace(watched.correct(request), hold=release))
        first = subprocess.Popen(["oauth-login", "watch"])
        watched.wait_for_requests("/token", before + 1, timeout=30)
        second = oauth_login.run("watch")
        assert second.ok and "another watch is running" in second.stderr
        release.set()
        assert first.wait(30) == 0
        assert len(watched.requests("/token")) == before + 1


def test_a_leader_that_ended_unseen_is_dead(watched, oauth_login):
    """Its parent does not wait for it, so its number stays."""
    with subprocess.Popen(["sleep", "60"]) as leader:
        file = write_session("alice", leader.pid)
        leader.kill()
        os.waitid(os.P_PID, leader.pid, os.WEXITED | os.WNOWAIT)
        watch(oauth_login)
        assert not file.exists()


def test_a_ring_that_is_none_of_ours_is_left_alone(watched, oauth_login):
    """Its number may have come to be another's."""
    holder = subprocess.Popen(
        ["keyctl", "session", "-", "sh", "-c",
         "ring=$(keyctl newring precious @s) && keyctl add user jewel x $ring >&2 && "
         "keyctl setperm $ring 0x3f3f0000 && echo $ring && read end; keyctl list $ring"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    ring = holder.stdout.readline().strip()
    with subprocess.Popen(["sleep", "60"]) as leader:
        file = write_session("alice", leader.pid, ring=ring)
        watch(oauth_login)
        leader.terminate()
    watch(oauth_login)
    assert not file.exists()
    listed, _ = holder.communicate("end\n", timeout=10)
    assert "jewel" in listed and "oauth-login" not in listed


def test_a_program_that_serves_another_account_too_is_not_ended(watched, oauth_login, host, bob):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    oauth_login.enroll(watched, "bob")
    watched.remove_user("alice")
    with subprocess.Popen(["sleep", "60"]) as leader:
        write_session("alice", leader.pid)
        write_session("bob", leader.pid, number=8)
        watch(oauth_login)
        host.log.wait_for(r"alice: the session of test\[\d+\] goes on \(verdict=reauthorize")
        assert leader.poll() is None
        leader.terminate()


@pytest.mark.parametrize("signals", ["HUP", "TERM"])
def test_a_leader_may_ignore_one_of_the_two_signals(signals, watched, oauth_login):
    """su blocks SIGHUP, and systemd --user reloads; shells ignore SIGTERM."""
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    watched.remove_user("alice")
    leader = subprocess.Popen(["sh", "-c", f"trap '' {signals}; echo; exec sleep 60"],
                              stdout=subprocess.PIPE, text=True)
    leader.stdout.readline()
    write_session("alice", leader.pid)
    watch(oauth_login)
    assert leader.wait(30) < 0


def test_a_leader_that_is_stopped_ends_too(watched, oauth_login):
    """su stops itself while its shell is suspended; or somebody stops it."""
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    watched.remove_user("alice")
    with subprocess.Popen(["sleep", "60"]) as leader:
        leader.send_signal(signal.SIGSTOP)
        write_session("alice", leader.pid)
        watch(oauth_login)
        try:
            assert leader.wait(30) in (-signal.SIGHUP, -signal.SIGTERM)
        finally:
            leader.kill()


def test_a_terminal_that_went_to_somebody_else_is_not_written_to(watched, oauth_login, bob):
    oauth_login.configure(watched, login={"on_revoked": "terminate"})
    watched.remove_user("alice")
    master, slave = pty.openpty()
    os.fchown(slave, bob.uid, -1)
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as leader:
        write_session("alice", leader.pid, terminal=os.ttyname(slave))
        watch(oauth_login)
        assert leader.wait(30) < 0
    os.set_blocking(master, False)
    with pytest.raises(BlockingIOError):
        os.read(master, 1)
    os.close(master)
    os.close(slave)


def test_a_helper_that_was_taken_over_cannot_put_the_next_look_off_for_ever(watched, oauth_login):
    session = b"\1\7\0" + (0xffffffff).to_bytes(4, "big")
    with subprocess.Popen(["sleep", "60"]) as leader, \
            impostor(notice(5000) + len(session).to_bytes(4, "big") + session + reply(GRANTED)):
        file = write_session("alice", leader.pid)
        watch(oauth_login)
        assert 0 < int(fields(file)["interval"]) <= 60
        leader.terminate()


def test_a_new_session_puts_the_question_off_for_no_other(watched, sshd, oauth_login):
    with contextlib.ExitStack() as stack:
        opened(stack, sshd)
        watch(oauth_login)
        (old,) = files()
        old.write_text(old.read_text().replace(f"due {fields(old)['due']}", "due 999999999999"))
        opened(stack, sshd)
        watch(oauth_login)
        assert fields(old)["due"] == "999999999999"
        assert all(fields(file)["due"] != "0" for file in files())


def test_eight_hundred_sessions_with_large_tokens_have_room(
        watched, host, oauth_login, alice, resident):
    """By what a hundred use of root's share; `make bench` opens them all."""
    token = a_token(4096)
    watched.expires_in = 3600
    answering(watched, access_token=token)
    assert oauth_login.run("verify", "alice").ok
    host.pam("door", "session required pam_oauth_login.so keyring_required\n")
    before = quota_used(0)
    with ManySessions("door", ["alice"], 100) as sessions:
        assert {code for code, _ in sessions.opened} == {0}
        rings = {fields(file)["ring"] for file in files()}
        assert len(rings) == 100
        used = quota_used(0) - before
        assert 100 * 4096 < used < int(sysctl("root_maxbytes")) / 8
        assert 8 * 3 * 100 < int(sysctl("root_maxkeys"))
        for ring in rings:
            (key,) = run("keyctl", "rlist", ring).stdout.split()
            assert run("keyctl", "pipe", key).stdout == token
    assert {code for code, _ in sessions.closed} == {0} and not files()


def sysctl(key):
    return Path("/proc/sys/kernel/keys", key).read_text()


def test_only_root_watches(alice):
    result = run("setpriv", "--reuid", str(alice.uid), "--regid", str(alice.uid),
                 "--clear-groups", "oauth-login", "watch")
    assert result.status == 6 and "only root" in result.stderr
