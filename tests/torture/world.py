# SPDX-License-Identifier: BSD-2-Clause
"""One account and its provider, restored before each run to a saved state."""

import copy
import fcntl
import os
import shutil
from dataclasses import dataclass

from installation import STORE

LOST = "the provider's answer to a renewal was lost"

# Calls that cannot fail, or that end the process.
HARMLESS = {"getpid", "getuid", "geteuid", "umask", "exit_group", "rt_sigreturn"}


@dataclass
class Outcome:
    """A run, the call that was interfered with, and the refresh token that was current before."""

    run: object
    call: object
    window: object
    token: str


class World:
    """The files of the store, and the grants of the provider."""

    def __init__(self, provider, caller, user="alice"):
        self.provider, self.caller, self.user = provider, caller, user
        self.answered = []  # statuses of this run's answers at /token
        provider.answer = self._note_answer
        self.save()

    def save(self):
        """Saves the state for restore()."""
        self._files = {path: (os.lstat(path), None if path.is_dir() else path.read_bytes())
                       for path in [STORE, *sorted(STORE.rglob("*"))]}
        self._families = copy.deepcopy(self.provider._families)

    def restore(self):
        for child in STORE.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
        for path, (status, content) in self._files.items():
            if content is None:
                path.mkdir(exist_ok=True)
            else:
                path.write_bytes(content)
            os.chown(path, status.st_uid, status.st_gid)
            path.chmod(status.st_mode & 0o777)
        self.provider._families = copy.deepcopy(self._families)
        self.begin()

    def begin(self):
        """Starts to count requests and answers anew."""
        self.provider._received.clear()
        self.provider._queues.clear()
        self.answered.clear()

    def presented(self):
        """The refresh tokens that were sent."""
        return [request.form["refresh_token"] for request in self.provider.requests("/token")
                if "refresh_token" in request.form]

    def token(self):
        return self.provider.refresh_token(self.user)

    def names(self):
        return sorted(str(path) for path in STORE.rglob("*"))

    def saved_names(self):
        return sorted(str(path) for path in self._files if path != STORE)

    def lock_is_free(self):
        with open(STORE / "accounts" / self.user / "lock", "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # or BlockingIOError
        return True

    def try_calls(self, calls, interfere, check, before=0):
        """Runs a helper once for each of these calls of a complete run, always in the saved state.

        interfere(call) runs the helper and kills it at that call, or lets the call fail;
        check(outcome) judges the result. All failures are reported together. before: see Window.
        """
        wrong = []
        for planned in calls:
            self.restore()
            token = self.token()
            run = interfere(planned)
            self.provider.settle()
            call = run.same(planned)
            if call is None:  # this run waited for the network less often
                continue
            try:
                check(Outcome(run, call, Window(run, self.provider.port, before), token))
            except AssertionError as failed:
                wrong.append(f"{call}: the reply was '{run.verdict} {run.reason}': {failed}")
        assert not wrong, "\n".join(wrong)

    def _note_answer(self, request):
        answer = self.provider.correct(request)
        if request.path == "/token":
            self.answered.append(answer.status)
        return answer


class Window:
    """The part of a run in which the grant can be lost.

    It begins with the renewal's request, which is sent after `before` other requests, and ends with
    the first write of a record after it.
    """

    def __init__(self, run, port, before=0):
        self.sent = run.sent(port)[before:]
        self.stored = run.stored(after=self.sent[0].index) if self.sent else []

    def holds(self, index):
        """Whether the call of this index is inside the window."""
        return bool(self.sent) and self.sent[0].index < index and not (
            self.stored and self.stored[0].index < index)

    def indexes(self):
        """The indexes of the calls from the request to the durable write, in a complete run."""
        return range(self.sent[0].index, self.stored[-1].index + 3)


def chosen(run, wanted, stride, start=0):
    """The calls to try: those whose index is wanted, and every stride-th of the others.

    start: where to begin counting, so that two matrices do not try the same sample.
    """
    indexes = {*wanted, *range(1 + start % stride, len(run.calls) + 1, stride)}
    return [call for call in run.calls if call.index in indexes and call.name not in HARMLESS]
