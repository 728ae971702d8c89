# SPDX-License-Identifier: BSD-2-Clause
"""Runs commands, bounded in time, and returns their status and output."""

import os
import pwd
import signal
import subprocess
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    status: int  # negative: the signal that ended it
    stdout: str
    stderr: str

    @property
    def ok(self):
        return self.status == 0


def as_user(name):
    """Options of Popen for a child with this user's ids and groups and a clean environment."""
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
    """Runs argv in a session of its own; after the timeout, kills its process group and fails.

    options: those of Popen, and `input` as text. Without input, standard input is empty.
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
            child.stdout.close()  # a process outside the group may still hold the other end
            child.stderr.close()
            raise AssertionError(f"{argv} did not end within {timeout} s; wrote {said!r}") from None
    result = Result(child.returncode, stdout, stderr)
    assert result.ok or not check, f"{argv}: {result}"
    return result
