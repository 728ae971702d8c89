# SPDX-License-Identifier: BSD-2-Clause
"""Many PAM sessions that are open at once, each in a process of its own.

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
    """Opens `count` sessions, of the accounts in turn.

    `opened` is [(PAM code, ms), ...], and so is `closed` after close().
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


def _be_session(pam, service, user, results, go_on):
    handle, talk = ctypes.c_void_p(), _Talk(_Conversation(lambda *_: 0), None)
    assert pam.pam_start(service.encode(), user.encode(), ctypes.byref(talk),
                         ctypes.byref(handle)) == 0
    os.write(results, json.dumps(_timed(pam.pam_open_session, handle, 0)).encode() + b"\n")
    os.read(go_on, 1)
    os.write(results, json.dumps(_timed(pam.pam_close_session, handle, 0)).encode() + b"\n")
    pam.pam_end(handle, 0)


def _main(service, users, count):
    pam, children = ctypes.CDLL("libpam.so.0"), []
    for number in range(count):
        reading, writing = os.pipe()
        go_on, release = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                _be_session(pam, service, users[number % len(users)], writing, go_on)
            finally:
                os._exit(0)
        os.close(writing)
        os.close(go_on)
        children.append((pid, os.fdopen(reading), release))
        children[-1] += (children[-1][1].readline(),)
    print(json.dumps([json.loads(line) for *_, line in children]), flush=True)
    sys.stdin.read()
    lines = []
    for pid, results, release, _ in children:
        os.write(release, b"\n")
        lines.append(results.readline())
        os.waitpid(pid, 0)
    print(json.dumps([json.loads(line) for line in lines]))


if __name__ == "__main__":
    _main(sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]))
