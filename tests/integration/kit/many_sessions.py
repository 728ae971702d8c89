# SPDX-License-Identifier: BSD-2-Clause
"""Many PAM sessions open at once on one machine, each in a process of its own.

    with ManySessions("door", ["alice", "bob"], 800) as sessions: ...
"""

import ctypes
import json
import os
import subprocess
import sys
import time

from pam_application import _Conversation, _Talk


class ManySessions:
    """count sessions, of the accounts in turn; `opened` is [(PAM code, ms), ...], as `closed` is
    after close().
    """

    def __init__(self, service, users, count):
        self._child = subprocess.Popen(
            [sys.executable, __file__, service, json.dumps(users), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")
        self.opened = json.loads(self._child.stdout.readline())
        self.closed = None

    def close(self):
        if self.closed is None:
            self._child.stdin.close()
            self.closed = json.loads(self._child.stdout.readline())
            self._child.stdout.close()
            assert self._child.wait(30) == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _timed(step, *arguments):
    begun = time.monotonic()
    code = step(*arguments)
    return [code, (time.monotonic() - begun) * 1000]


def _be_session(pam, service, user, said, go_on):
    handle, talk = ctypes.c_void_p(), _Talk(_Conversation(lambda *_: 0), None)
    assert pam.pam_start(service.encode(), user.encode(), ctypes.byref(talk),
                         ctypes.byref(handle)) == 0
    os.write(said, json.dumps(_timed(pam.pam_open_session, handle, 0)).encode() + b"\n")
    os.read(go_on, 1)
    os.write(said, json.dumps(_timed(pam.pam_close_session, handle, 0)).encode() + b"\n")
    pam.pam_end(handle, 0)


def _main(service, users, count):
    pam, children = ctypes.CDLL("libpam.so.0"), []
    for number in range(count):
        heard, said = os.pipe()
        go_on, goer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                _be_session(pam, service, users[number % len(users)], said, go_on)
            finally:
                os._exit(0)
        os.close(said)
        os.close(go_on)
        children.append((pid, os.fdopen(heard), goer))
        children[-1] += (children[-1][1].readline(),)
    print(json.dumps([json.loads(line) for *_, line in children]), flush=True)
    sys.stdin.read()
    lines = []
    for pid, heard, goer, _ in children:
        os.write(goer, b"\n")
        lines.append(heard.readline())
        os.waitpid(pid, 0)
    print(json.dumps([json.loads(line) for line in lines]))


if __name__ == "__main__":
    _main(sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]))
