# SPDX-License-Identifier: BSD-2-Clause
"""Logins by PAM from a process that is as unusual as a test wishes; see pam_host.c."""

import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pam_application import CODES
from process import run

SOURCES = [str(Path(__file__).with_name(name)) for name in ("pam_host.c", "process_state.c")]

# The application gets the codes of the module itself: nothing else is in this stack.
STACK = """
auth     required pam_oauth_login.so assume_proven {options}
account  required pam_oauth_login.so {options}
session  required pam_oauth_login.so {options}
"""

# The facts of a Report if the application was left as it was.
UNTOUCHED = {"changed": "", "strangers": "0"}


@dataclass(frozen=True)
class Report:
    """The output of pam_host; `facts` are its last lines."""

    runs: tuple  # (user, ((phase, code), ...)) for each run
    facts: dict

    @classmethod
    def parse(cls, text):
        runs, facts = [], {}
        for line in text.splitlines():
            if line.startswith("run "):
                _, user, start, *phases = line.split()
                assert start == "start=0", line
                pairs = (phase.split("=") for phase in phases)
                codes = tuple((name, CODES[int(code)]) for name, code in pairs)
                runs.append((user, codes))
            else:
                name, _, value = line.partition("=")
                facts[name] = value.strip()
        return cls(tuple(runs), facts)

    def counts(self):
        """How often each user got each code, such as {("alice", "account", "SUCCESS"): 3}."""
        return Counter((user, *code) for user, codes in self.runs for code in codes)

    @property
    def codes(self):
        """The codes of the only run."""
        ((_, codes),) = self.runs
        return tuple(code for _, code in codes)

    def number(self, fact):
        return int(self.facts[fact])


def build_pam_host(directory):
    """Compiles the application; returns its path."""
    program = str(Path(directory, "pam_host"))
    run("gcc", "-std=gnu17", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", "-o", program,
        *SOURCES, "-lpam", "-lpthread", check=True)
    return program


class PamHost:
    """The application of build_pam_host(), with a service of its own; end it with close()."""

    def __init__(self, host, program):
        self._host = host
        self._program = program
        self._started = []

    def serve(self, options=""):
        """Writes the stack of the service: the module alone in each phase, with these options."""
        self._host.pam("pam-host", STACK.format(options=options))

    def argv(self, *users, conditions=(), count=1, phases="account", wrapper=()):
        """The command line. conditions: options of pam_host without dashes. wrapper: a command that
        runs it."""
        flags = [f"--{condition}" for condition in conditions]
        return [*wrapper, self._program, *flags, "--count", str(count), "--phases", phases,
                "pam-host", *users]

    def run(self, *users, timeout=30, env=None, pass_fds=(), **how):
        result = run(*self.argv(*users, **how), check=True, timeout=timeout, env=env,
                     pass_fds=pass_fds)
        return Report.parse(result.stdout)

    def start(self, *users, env=None, pass_fds=(), **how):
        """Starts it, while the test does something else; call finish() on the result."""
        self._started.append(_Running(subprocess.Popen(
            self.argv(*users, **how), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            encoding="utf-8", env=env, pass_fds=pass_fds, start_new_session=True)))
        return self._started[-1]

    def close(self):
        for running in self._started:
            running.end()


class _Running:
    def __init__(self, child):
        self.child = child

    def finish(self, timeout=15):
        try:
            stdout, _ = self.child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"no verdict within {timeout} s") from None
        assert self.child.returncode == 0, self.child.returncode
        return Report.parse(stdout)

    def end(self):
        """Ends it without reading to the end: a copy of the application may still hold the pipe."""
        self.child.kill()
        self.child.wait()
        self.child.stdout.close()
