# SPDX-License-Identifier: BSD-2-Clause
"""Runs helpers with one request each, under a tracer if wished; see ask_helper.c."""

import os
import pwd
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from installation import CHECKOUT
from process import run

OPERATIONS = {"verify": 1, "import": 3, "status": 4, "enroll": 6, "unenroll": 7, "forget": 8}
APPLICATION_DATA = 0x17  # of a TLS record, RFC 8446 section 5.1
SENDS = ("sendto", "write")
CHANGES = {"sendto", "pwrite64", "write", "mkdirat", "renameat", "renameat2", "unlinkat", "fsync",
           "fdatasync"}


def _preprocessed(text, *options):
    return run("gcc", "-E", *options, "-", input="#include <sys/syscall.h>\n" + text,
               check=True).stdout


def _syscall_names():
    """{number: name}, from the compiler: where the headers are, and through how many macros a
    number is defined, differs between machines."""
    names = re.findall(r"^#define SYS_(\w+) ", _preprocessed("", "-dM"), re.MULTILINE)
    numbers = _preprocessed("".join(f"number {name!r} SYS_{name}\n" for name in names), "-P")
    return {int(number): name for name, number in re.findall(r"number '(\w+)' (\d+)", numbers)}


@dataclass(frozen=True)
class Call:
    """A system call of a helper; result is None if it never returned."""

    index: int
    number: int
    nth: int  # of this number
    name: str
    fd: int
    object: str
    byte: int
    result: int

    def __str__(self):
        return f"call {self.index}, {self.name} number {self.nth}, {self.object}"


class Run:
    """The calls and the reply of one helper; verdict is "" if it sent no reply."""

    def __init__(self, output, names):
        self.calls, self.verdict, self.reason = [], "", ""
        called = []
        self.enrolled, self.peak_kib, self.status = False, 0, 0
        for line in output.splitlines():
            kind, *fields = line.split("\t")
            if kind == "call":
                index, number, fd, name, byte, result = fields
                called.append((int(index), int(number), int(fd), name, int(byte),
                               None if result == "?" else int(result)))
            elif kind == "entry":
                self.enrolled = fields[0] != "0"
            elif kind == "reply":
                self.verdict, self.reason = fields[0], fields[3]
            elif kind == "end":
                self.status, self.peak_kib = map(int, fields)
        counts = Counter()
        for index, number, *rest in sorted(called):
            counts[number] += 1
            name = names.get(number, str(number))
            self.calls.append(Call(index, number, counts[number], name, *rest))

    def same(self, call):
        """The call of this run that corresponds to a call of another run, or None."""
        return next((found for found in self.calls
                     if (found.number, found.nth) == (call.number, call.nth)), None)

    def sent(self, port):
        """The calls that sent requests to the provider, one for each connection."""
        fresh, found = set(), []  # connections that have sent only their handshake
        for call in self.calls:
            if call.name == "connect":
                (fresh.add if call.object == f"inet:{port}" else fresh.discard)(call.fd)
            elif (call.name in SENDS and call.fd in fresh and (call.result or 0) > 0
                  and call.byte == APPLICATION_DATA):
                fresh.discard(call.fd)
                found.append(call)
        return found

    def stored(self, after=0):
        """The calls after the index `after` that wrote a record."""
        return [call for call in self.calls if call.index > after and call.name == "pwrite64"
                and "/record." in call.object and (call.result or 0) > 0]

    def changing(self):
        """The indexes of the calls that follow a change which outlives the process."""
        return [call.index + 1 for call in self.calls if call.name in CHANGES]


class Caller:
    """Starts helpers as the client library does for root, but without the library."""

    def __init__(self, directory):
        self.program = Path(directory) / "ask_helper"
        run("gcc", "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-I", str(CHECKOUT / "common"), "-o",
            str(self.program), str(Path(__file__).with_name("ask_helper.c")), check=True)
        self._names = _syscall_names()

    def ask(self, operation, user, *options, given=""):
        """Sends one request. options: those of ask_helper. given: the input of an import."""
        return self.ask_often(operation, user, *options, given=given)[0]

    def ask_often(self, operation, user, *options, given="", timeout=120):
        """Like ask(), with -n among the options; returns a Run for each request."""
        account = pwd.getpwnam("oauth-login")
        done = subprocess.run(
            [self.program, *options, str(account.pw_uid), str(account.pw_gid),
             str(OPERATIONS[operation]), user], input=given, capture_output=True,
            encoding="utf-8", errors="backslashreplace", timeout=timeout, check=False)
        assert done.returncode == 0, f"{operation} {options}: {done}"
        runs = re.findall(r".*?^end\t.*?\n", done.stdout, re.DOTALL | re.MULTILINE)
        return [Run(text, self._names) for text in runs]

    def trace(self, operation, user, **given):
        return self.ask(operation, user, "-t", **given)

    def kill(self, call, operation, user, **given):
        """A run whose helper is killed when it enters this call of an earlier run."""
        return self.ask(operation, user, "-t", "-k", f"{call.number}:{call.nth}", **given)

    def fail(self, call, error, operation, user, **given):
        """A run in which this call of an earlier run fails with an errno and is not carried out."""
        return self.ask(operation, user, "-t", "-e", f"{call.number}:{call.nth}:{error}", **given)


def every_call():
    """Whether all calls are tried, as `make torture` asks, or a sample of them."""
    return os.environ.get("TORTURE") == "all"
