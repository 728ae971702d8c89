# SPDX-License-Identifier: BSD-2-Clause
"""Commands that end: run one, bounded in time, and look at what it said."""

import os
import pwd
import signal
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    status: int  # negative: ended by that signal
    stdout: str
    stderr: str

    @property
    def ok(self):
        return self.status == 0


def as_user(name):
    """Popen's options for a child with this user's ids, groups and a clean environment."""
    account = pwd.getpwnam(name)
    return {
        "user": account.pw_uid,
        "group": account.pw_gid,
        "extra_groups": os.getgrouplist(name, account.pw_gid),
        "cwd": "/",
        "env": {
            "HOME": account.pw_dir,
            "USER": name,
            "LOGNAME": name,
            "SHELL": account.pw_shell,
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
        },
    }


def run(*argv, check=False, timeout=30, **options):
    """Runs argv in a session of its own; past the timeout, all of that session ends and it fails.

    Options are Popen's, and `input` as text. Without input, standard input is empty.
    """
    text = options.pop("input", "")
    with subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        encoding="utf-8",
        errors="backslashreplace",
        **options,
    ) as child:
        try:
            stdout, stderr = child.communicate(text, timeout)
        except subprocess.TimeoutExpired as late:
            os.killpg(child.pid, signal.SIGKILL)
            said = (late.stdout or b"") + (late.stderr or b"")
            child.stdout.close()  # somebody outside the session may still hold the other end
            child.stderr.close()
            raise AssertionError(f"{argv} did not end within {timeout} s; said {said!r}") from None
    result = Result(child.returncode, stdout, stderr)
    assert result.ok or not check, f"{argv}: {result}"
    return result
